"""The compiled loops of first passes that count magnitudes.

Each takes a block (`raw`, `codes`, `size` as in `method.Block`) and decodes it in tiles into
`scratch` (float32, 2 or 3 x TILE). If row 0 is a base, the loops work on task vectors: the other
rows minus the base. The bits of a non-negative float32 grow with its value.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from merge_worker.engine.machine.compiled import kernel

from .fill_kernel import TILE
from .gather_kernels import decode_base, decode_difference

UPPER: Final = (1 << 15) + 1
"""How many bins the first pass counts in: one for zero, then one for each 2¹⁶ float32 numbers."""
LOWER: Final = 1 << 16
"""How many numbers a bin holds."""
COUNTERS: Final = 4
"""How many counters each upper bin uses in turn; runs of zeros would wait for a single one."""
ELSEWHERE: Final = 16
"""How many counters of elements in other bins are used in turn."""

_MAGNITUDE = np.uint32(0x7FFFFFFF)
_LOWER = np.uint32(0xFFFF)
_16 = np.uint32(16)


@kernel("u1[:,:], i8[:], i8, b1, f4[:,:], i8[:,:,:]")
def count_upper(raw: Any, codes: Any, size: int, has_base: bool, scratch: Any, counts: Any) -> None:
    """Count each magnitude by its upper bin into `counts` (int64, models x UPPER x COUNTERS)."""
    base, row = scratch[0], scratch[1]
    bits = row.view(np.uint32)
    for start in range(0, size, TILE):
        stop = min(start + TILE, size)
        decode_base(raw, codes, has_base, start, stop, base)
        for i in range(len(counts)):
            decode_difference(raw, codes, i + len(codes) - len(counts), start, stop, base, row)
            for j in range(stop - start):
                bits[j] = np.uint32((bits[j] & _MAGNITUDE) + _LOWER) >> _16
            bins = counts[i]
            for j in range(stop - start):
                bins[bits[j], j % COUNTERS] += 1


@kernel("u1[:,:], i8[:], i8, b1, f4[:,:], u4[:,:], i8[:,:,:], i8[:,:], i8[:]")
def count_from(
    raw: Any,
    codes: Any,
    size: int,
    has_base: bool,
    scratch: Any,
    lowest: Any,
    counts: Any,
    above: Any,
    zeros: Any,
) -> None:
    """Count each magnitude by its distance from the float32 number whose bits are `lowest`.

    `lowest` is uint32, models x cuts. `counts` is int64, models x cuts x (numbers + ELSEWHERE), the
    last for all other numbers. `above` (int64, models x cuts) counts magnitudes beyond the numbers
    counted, `zeros` (int64, per model) those that are 0. A cut whose `lowest` is 0 is skipped.
    """
    base, row, distances = scratch[0], scratch[1], scratch[2].view(np.uint32)
    bits = row.view(np.uint32)
    span = np.uint32(counts.shape[2] - ELSEWHERE)
    for start in range(0, size, TILE):
        stop = min(start + TILE, size)
        decode_base(raw, codes, has_base, start, stop, base)
        for i in range(len(counts)):
            decode_difference(raw, codes, i + len(codes) - len(counts), start, stop, base, row)
            nothing = np.int32(0)
            for j in range(stop - start):
                nothing += np.int32(bits[j] & _MAGNITUDE == 0)
            zeros[i] += nothing
            for cut in range(lowest.shape[1]):
                first, bins, beyond = lowest[i, cut], counts[i, cut], np.int32(0)
                if first == 0:
                    continue
                for j in range(stop - start):
                    magnitude = bits[j] & _MAGNITUDE
                    distance = np.uint32(magnitude - first)
                    inside = distance < span
                    distances[j] = distance if inside else np.uint32(span + j % ELSEWHERE)
                    beyond += np.int32(magnitude > first and not inside)
                above[i, cut] += beyond
                for j in range(stop - start):
                    bins[distances[j]] += 1


@kernel("i8[:,:,:,:], i8, i8[:,:], i8[:,:], i8[:,:], i8[:,:]")
def find_cut(counts: Any, end: int, keep: Any, bins: Any, ranks: Any, sizes: Any) -> None:
    """Find the bin of the `keep`-th item, counted down from bin `end` - 1.

    `counts` is models x cuts x bins x counters, or models x 1 x … if all cuts share it; the others
    are models x cuts. `bins` receives the bin, `ranks` the item's rank there (from 1; beyond its
    size if there are fewer items in all), `sizes` how many items the bin has. All are int64.
    """
    for i in range(keep.shape[0]):
        for cut in range(keep.shape[1]):
            row, left = counts[i, cut % counts.shape[1]], keep[i, cut]
            for place in range(end - 1, -1, -1):
                size = 0
                for each in row[place]:
                    size += each
                if left <= size or place == 0:
                    bins[i, cut], ranks[i, cut], sizes[i, cut] = place, left, size
                    break
                left -= size


@kernel("u1[:,:], i8[:], i8, b1, f4[:,:], u4[:,:], i8[:,:]")
def count_equal(
    raw: Any, codes: Any, size: int, has_base: bool, scratch: Any, threshold: Any, counts: Any
) -> None:
    """Count magnitudes whose bits are `threshold` (uint32) in `counts`; both are models x cuts."""
    base, row = scratch[0], scratch[1]
    bits = row.view(np.uint32)
    for start in range(0, size, TILE):
        stop = min(start + TILE, size)
        decode_base(raw, codes, has_base, start, stop, base)
        for i in range(len(counts)):
            decode_difference(raw, codes, i + len(codes) - len(counts), start, stop, base, row)
            for cut in range(threshold.shape[1]):
                bound, equal = threshold[i, cut], np.int32(0)
                for j in range(stop - start):
                    equal += np.int32(bits[j] & _MAGNITUDE == bound)
                counts[i, cut] += equal


@kernel("u1[:,:], i8[:], i8, i8, b1, f4[:,:], u4[:,:], i8[:,:], u8[:,:]")
def find_last(
    raw: Any,
    codes: Any,
    first: int,
    size: int,
    has_base: bool,
    scratch: Any,
    threshold: Any,
    remaining: Any,
    last: Any,
) -> None:
    """Count `remaining` down at each magnitude whose bits are `threshold`; at 0 set `last`.

    All three are models x cuts; `last` receives the flat index.
    """
    base, row = scratch[0], scratch[1]
    bits = row.view(np.uint32)
    for start in range(0, size, TILE):
        stop = min(start + TILE, size)
        decode_base(raw, codes, has_base, start, stop, base)
        for i in range(len(last)):
            decode_difference(raw, codes, i + len(codes) - len(last), start, stop, base, row)
            for cut in range(threshold.shape[1]):
                if remaining[i, cut] > 0:
                    for j in range(stop - start):
                        if bits[j] & _MAGNITUDE == threshold[i, cut]:
                            remaining[i, cut] -= 1
                            if remaining[i, cut] == 0:
                                last[i, cut] = first + start + j
