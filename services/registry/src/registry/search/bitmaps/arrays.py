"""Arrays of slots, and bitmaps from them."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

Slots = NDArray[np.uint32]
Mask = NDArray[np.bool_]


def bitmap(slots: NDArray[Any]) -> BitMap:
    """The bitmap of an array of slots; ten times as fast as from the array itself."""
    return BitMap(array("I", slots.astype(np.uint32, copy=False).tobytes()))


def slots_of(found: BitMap) -> Slots:
    """The slots of a bitmap, ascending."""
    return np.frombuffer(found.to_array(), np.uint32)


def within(ends: NDArray[np.int64], slots: NDArray[Any]) -> NDArray[np.int64]:
    """The places of all that some slots have in an array, where each slot's part ends at `ends`."""
    places = slots.astype(np.int64)
    begins = np.where(places > 0, ends[places - 1], 0)
    lengths = ends[places] - begins
    before = np.repeat(begins - np.cumsum(lengths) + lengths, lengths)
    return before + np.arange(len(before))
