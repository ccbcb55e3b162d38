"""The compiled loops of first passes that add up scalar products, norms and squares.

Each takes a block (`raw`, `codes`, `size` as in `method.Block`) and decodes it in tiles into
`scratch` (float32, operands x TILE). If row 0 is a base, the loops work on task vectors: the other
rows minus the base.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from merge_worker.engine.machine.compilable import compilable
from merge_worker.engine.machine.compiled import kernel

from .codecs import decode
from .fill_kernel import TILE

REDUCTION: Final = 65536
"""How many elements one float64 partial sums: a constant, so that block sizes do not change it."""
LANES: Final = 32
"""How many sums a partial keeps side by side, so that vector instructions can add to them."""

_ZERO = np.float32(0)


@compilable
def decode_base(raw: Any, codes: Any, has_base: bool, start: int, stop: int, out: Any) -> None:
    """Decode row 0 of a block into `out`, or write zeros if it is not a base."""
    if has_base:
        decode(raw[0], codes[0], start, stop, out)
    else:
        out[:] = _ZERO


@compilable
def decode_difference(
    raw: Any, codes: Any, i: int, start: int, stop: int, base: Any, out: Any
) -> None:
    """Decode row i of a block minus `base` (float32, already decoded) into `out`."""
    decode(raw[i], codes[i], start, stop, out)
    for j in range(stop - start):
        out[j] -= base[j]


@kernel("u1[:,:], i8[:], i8, b1, i8, f4[:,:], f8[:], f8[:,:,:]")
def products(
    raw: Any,
    codes: Any,
    size: int,
    has_base: bool,
    stretch: int,
    scratch: Any,
    lanes: Any,
    out: Any,
) -> None:
    """Write Σ xₐxᵦ over each `stretch` of elements to `out` (float64, stretches x models x models).

    Each partial adds up TILEs in order, and within a TILE the LANES of `lanes` in order.
    """
    models = out.shape[1]
    base, rows = scratch[0], scratch[1:]
    for p in range(len(out)):
        end = min(size, (p + 1) * stretch)
        for start in range(p * stretch, end, TILE):
            stop = min(start + TILE, end)
            decode_base(raw, codes, has_base, start, stop, base)
            for a in range(models):
                i = a + len(codes) - models
                decode_difference(raw, codes, i, start, stop, base, rows[a])
                rows[a, stop - start :] = _ZERO
            for a in range(models):
                for b in range(a, models):
                    out[p, a, b] += _product(rows[a], rows[b], lanes)


@compilable
def _product(x: Any, y: Any, lanes: Any) -> Any:
    lanes[:] = 0.0
    for j in range(0, TILE, LANES):
        for k in range(LANES):
            lanes[k] += np.float64(x[j + k]) * np.float64(y[j + k])
    total = 0.0
    for k in range(LANES):
        total += lanes[k]
    return total


@kernel("u1[:,:], i8[:], i8, i8, b1, f4[:], f4, u8, f4[:,:], f8[:], f8[:,:]")
def selected_squares(
    raw: Any,
    codes: Any,
    first: int,
    size: int,
    has_base: bool,
    scores: Any,
    least: Any,
    last: Any,
    scratch: Any,
    lanes: Any,
    out: Any,
) -> None:
    """Write Σ x² of each model over each REDUCTION elements to `out` (float64, stretches x models).

    Only elements count whose score (float32, one per element) is above `least`, or equal to it up
    to flat index `last`.
    """
    models = out.shape[1]
    base, row = scratch[0], scratch[1]
    for p in range(len(out)):
        end = min(size, (p + 1) * REDUCTION)
        for start in range(p * REDUCTION, end, TILE):
            stop = min(start + TILE, end)
            decode_base(raw, codes, has_base, start, stop, base)
            score = scores[start:stop]
            for a in range(models):
                i = a + len(codes) - models
                decode_difference(raw, codes, i, start, stop, base, row)
                row[stop - start :] = _ZERO
                for j in range(stop - start):
                    after = np.uint64(first + start + j) > last
                    if score[j] < least or (score[j] == least and after):
                        row[j] = _ZERO
                out[p, a] += _product(row, row, lanes)


@kernel("u1[:,:], i8[:], i8, i8, b1, f4[:,:], f8[:,:,:]")
def column_products(
    raw: Any, codes: Any, size: int, columns: int, has_base: bool, scratch: Any, out: Any
) -> None:
    """Add Σ xₐxᵦ of each column of whole rows to `out` (float64, models x models x columns)."""
    models = len(out)
    base, rows = scratch[0], scratch[1:]
    for first in range(0, size, columns):
        for start in range(first, first + columns, TILE):
            stop = min(start + TILE, first + columns)
            decode_base(raw, codes, has_base, start, stop, base)
            for a in range(models):
                i = a + len(codes) - models
                decode_difference(raw, codes, i, start, stop, base, rows[a])
            for a in range(models):
                for b in range(a, models):
                    sums = out[a, b, start - first : stop - first]
                    for j in range(stop - start):
                        sums[j] += np.float64(rows[a, j]) * np.float64(rows[b, j])


@kernel("u1[:,:], i8[:], i8, f4[:,:], f8[:], f8[:,:]")
def magnitudes(raw: Any, codes: Any, size: int, scratch: Any, lanes: Any, out: Any) -> None:
    """Write Σ|x|, Σx² and max|x| of row 0 over each REDUCTION elements to `out` (stretches x 3)."""
    row = scratch[0]
    for p in range(len(out)):
        end = min(size, (p + 1) * REDUCTION)
        for start in range(p * REDUCTION, end, TILE):
            stop = min(start + TILE, end)
            decode(raw[0], codes[0], start, stop, row)
            row[stop - start :] = _ZERO
            for j in range(TILE):
                row[j] = abs(row[j])
                out[p, 2] = max(out[p, 2], np.float64(row[j]))
            out[p, 1] += _product(row, row, lanes)
            lanes[:] = 0.0
            for j in range(0, TILE, LANES):
                for k in range(LANES):
                    lanes[k] += np.float64(row[j + k])
            for k in range(LANES):
                out[p, 0] += lanes[k]
