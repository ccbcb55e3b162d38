"""The compiled loop that ranks the elements of each row by their magnitude."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .compilable import compilable
from .compiled import kernel
from .fill_kernel import TILE
from .gather_kernels import decode_base, decode_difference

DIGITS: Final = 3
"""A magnitude is 31 bits: digits of 10, 10 and 11 bits, the least significant first."""
BINS: Final = 2048

_MAGNITUDE = np.uint32(0x7FFFFFFF)
_DIGIT = np.uint32(0x3FF)
_10 = np.uint32(10)
_20 = np.uint32(20)


@compilable
def _digit(key: Any, place: int) -> Any:
    return key >> _20 if place == 2 else (key >> _10 if place == 1 else key) & _DIGIT


@compilable
def _sort_by_digit(keys: Any, place: int, starts: Any, before: Any, after: Any) -> None:
    """A stable step of a radix sort: the positions `before` put in order of one digit."""
    at = 0
    for b in range(BINS):
        count = starts[b]
        starts[b] = at
        at += count
    for j in range(len(before)):
        position = before[j]
        digit = _digit(keys[position], place)
        after[starts[digit]] = position
        starts[digit] += 1


@kernel("u1[:,:], i8[:], i8, i8, b1, f4[:,:], u4[:], i4[:,:], i4[:,:], f4[:,:]")
def rank_rows(
    raw: Any,
    codes: Any,
    size: int,
    columns: int,
    has_base: bool,
    scratch: Any,
    keys: Any,
    orders: Any,
    starts: Any,
    out: Any,
) -> None:
    """The rank of each |τ| in its row, from 0 for the smallest; of equals the first is largest.

    The block is whole rows. `scratch` is float32, 2 x TILE; `keys` uint32, one per column;
    `orders` int32, 2 x columns; `starts` int32, DIGITS x BINS; `out` float32, models x elements.
    """
    base, row = scratch[0], scratch[1]
    bits = row.view(np.uint32)
    for i in range(len(out)):
        for first in range(0, size, columns):
            starts[:] = 0
            for start in range(first, first + columns, TILE):
                stop = min(start + TILE, first + columns)
                decode_base(raw, codes, has_base, start, stop, base)
                decode_difference(raw, codes, i + len(codes) - len(out), start, stop, base, row)
                for j in range(stop - start):
                    key = bits[j] & _MAGNITUDE
                    keys[start - first + j] = key
                    for place in range(DIGITS):
                        starts[place, _digit(key, place)] += 1
            for j in range(columns):
                orders[0, j] = columns - 1 - j
            here = 0
            for place in range(DIGITS):
                # A digit that all share changes no order.
                if starts[place, _digit(keys[0], place)] < columns:
                    before, after = orders[here], orders[1 - here]
                    _sort_by_digit(keys, place, starts[place], before, after)
                    here = 1 - here
            ranks, order = out[i, first : first + columns], orders[here]
            for j in range(columns):
                ranks[order[j]] = j
