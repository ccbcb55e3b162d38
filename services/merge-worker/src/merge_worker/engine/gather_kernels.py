"""The compiled loops of first passes: counts of magnitudes, sums of products, norms.

Each takes a block (`raw`, `codes`, `size` as in `method.Block`) and decodes it in tiles; with a
base in row 0 they look at task vectors, the other rows minus the base.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .codecs import decode
from .compilable import Function, compilable
from .compiled import compiled, kernel, once
from .fill_kernel import FACTS_OF, TILE

REDUCTION: Final = 65536
"""Elements whose sum is one float64 partial: a constant, so that no block size changes it."""
LANES: Final = 32
"""Sums kept side by side within a partial, so that they can be added by vector instructions."""

UPPER: Final = (1 << 15) + 1
"""Bins that magnitudes are counted in at first: one for zero, then 2¹⁶ float32 numbers in each."""
LOWER: Final = 1 << 16
"""The numbers in a bin."""
COUNTERS: Final = 4
"""Counters of each upper bin, in turn: runs of zeros would wait for a single one."""

_MAGNITUDE = np.uint32(0x7FFFFFFF)
_LOWER = np.uint32(0xFFFF)
_16 = np.uint32(16)


@compilable
def decode_difference(
    raw: Any, codes: Any, i: int, start: int, stop: int, base: Any, out: Any
) -> None:
    """Row i of a block minus `base` (float32, already decoded) into `out`."""
    decode(raw[i], codes[i], start, stop, out)
    for j in range(stop - start):
        out[j] -= base[j]


@kernel
def count_upper(raw: Any, codes: Any, size: int, counts: Any) -> None:
    """Count each |τ| by its upper bin into `counts` (int64, models x UPPER x COUNTERS)."""
    base = np.empty(TILE, np.float32)
    row = np.empty(TILE, np.float32)
    bits = row.view(np.uint32)
    for start in range(0, size, TILE):
        stop = min(start + TILE, size)
        decode(raw[0], codes[0], start, stop, base)
        for i in range(len(counts)):
            decode_difference(raw, codes, i + 1, start, stop, base, row)
            for j in range(stop - start):
                upper = ((bits[j] & _MAGNITUDE) + _LOWER) >> _16
                counts[i, upper, j % COUNTERS] += 1


@kernel
def count_lower(raw: Any, codes: Any, size: int, lowest: Any, counts: Any) -> None:
    """Count each number of an upper bin by its distance from `lowest`, the bin's first.

    `counts` is int64, models x LOWER x 1. A model whose `lowest` is 0 is passed over.
    """
    base = np.empty(TILE, np.float32)
    row = np.empty(TILE, np.float32)
    bits = row.view(np.uint32)
    for start in range(0, size, TILE):
        stop = min(start + TILE, size)
        decode(raw[0], codes[0], start, stop, base)
        for i in range(len(counts)):
            if lowest[i] > 0:
                decode_difference(raw, codes, i + 1, start, stop, base, row)
                for j in range(stop - start):
                    distance = np.uint32((bits[j] & _MAGNITUDE) - lowest[i])
                    if distance <= _LOWER:
                        counts[i, distance, 0] += 1


@kernel
def cut(counts: Any, keep: Any, bins: Any) -> None:
    """Put the bin of each model's `keep`-th largest into `bins`, and its rank there into `keep`."""
    for i in range(len(keep)):
        bins[i] = counts.shape[1] - 1
        while counts[i, bins[i]].sum() < keep[i]:
            keep[i] -= counts[i, bins[i]].sum()
            bins[i] -= 1


@kernel
def find_last(
    raw: Any, codes: Any, first: int, size: int, threshold: Any, remaining: Any, last: Any
) -> None:
    """Count `remaining[i]` down at each |τ| with the bits `threshold[i]`; at 0 set `last[i]`."""
    base = np.empty(TILE, np.float32)
    row = np.empty(TILE, np.float32)
    bits = row.view(np.uint32)
    for start in range(0, size, TILE):
        stop = min(start + TILE, size)
        decode(raw[0], codes[0], start, stop, base)
        for i in range(len(last)):
            if remaining[i] > 0:
                decode_difference(raw, codes, i + 1, start, stop, base, row)
                for j in range(stop - start):
                    if bits[j] & _MAGNITUDE == threshold[i]:
                        remaining[i] -= 1
                        if remaining[i] == 0:
                            last[i] = first + start + j


@kernel
def products(raw: Any, codes: Any, size: int, has_base: bool, out: Any) -> None:
    """Σ xₐxᵦ over each REDUCTION elements, into `out` (float64, partials x models x models).

    Each partial is the sum of LANES lanes in their order; only a ≤ b is written.
    """
    skip = 1 if has_base else 0
    models = len(codes) - skip
    base = np.zeros(TILE, np.float32)
    rows = np.empty((models, TILE), np.float32)
    lanes = np.empty((models, models, LANES), np.float64)
    for p in range(len(out)):
        lanes[:] = 0.0
        end = min(size, (p + 1) * REDUCTION)
        for start in range(p * REDUCTION, end, TILE):
            stop = min(start + TILE, end)
            if has_base:
                decode(raw[0], codes[0], start, stop, base)
            for a in range(models):
                rows[a, stop - start :] = np.float32(0)
                decode_difference(raw, codes, a + skip, start, stop, base, rows[a])
            for a in range(models):
                for b in range(a, models):
                    _add_products(rows[a], rows[b], lanes[a, b])
        for a in range(models):
            for b in range(a, models):
                out[p, a, b] = lanes[a, b].sum()


@compilable
def _add_products(x: Any, y: Any, lanes: Any) -> None:
    for j in range(0, TILE, LANES):
        for k in range(LANES):
            lanes[k] += np.float64(x[j + k]) * np.float64(y[j + k])


@once
def norms_kernel(value: Function, facts: int) -> Function:
    """The loop that takes norms of what `value` (see `formula.Formula`) makes of each model."""
    return compiled(norms_loop(value, facts), value, FACTS_OF[facts])


def norms_loop(value: Function, facts: int) -> Function:
    """The loop before compilation.

    It writes Σ|v|, Σv² and max|v| of each REDUCTION elements into `out` (float64, partials x
    models x 3); the sums are of LANES lanes, joined in their order.
    """
    facts_of = FACTS_OF[facts]

    def norms(raw: Any, codes: Any, first: int, size: int, facts: Any, out: Any) -> None:
        base = np.empty(TILE, np.float32)
        row = np.empty(TILE, np.float32)
        lanes = np.empty((3, LANES), np.float64)
        for p in range(len(out)):
            end = min(size, (p + 1) * REDUCTION)
            for i in range(len(codes) - 1):
                own = facts_of(facts, i)
                lanes[:] = 0.0
                for start in range(p * REDUCTION, end, TILE):
                    stop = min(start + TILE, end)
                    decode(raw[0], codes[0], start, stop, base)
                    row[stop - start :] = np.float32(0)
                    decode(raw[i + 1], codes[i + 1], start, stop, row)
                    at = np.uint64(first + start)
                    for j in range(stop - start):
                        row[j] = value(row[j], base[j], at + np.uint64(j), *own)
                    _add_norms(row, lanes)
                out[p, i, 0] = lanes[0].sum()
                out[p, i, 1] = lanes[1].sum()
                out[p, i, 2] = lanes[2].max()

    return norms


@compilable
def _add_norms(row: Any, lanes: Any) -> None:
    for j in range(0, TILE, LANES):
        for k in range(LANES):
            magnitude = np.float64(abs(row[j + k]))
            lanes[0, k] += magnitude
            lanes[1, k] += magnitude * magnitude
            lanes[2, k] = max(lanes[2, k], magnitude)
