"""The words of each entry's title, name and description in their order, as numbers of 16 bits.

As characters in UTF-16, the frequent words take one unit, and the others two.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from mergehub.columns.growing import Growing
from mergehub.columns.parts import Kept, Part, Parts
from registry.search.bitmaps.arrays import Mask, Slots, bitmap, within

APART = 0
"""The number after the words of a text. No word has it."""
AT_ONCE = 1 << 14  # entries, to need little memory
_LEAD, _TRAIL = 0xD800, 0xDC00
_LARGEST = _LEAD + (1 << 20) - 1

Place = NDArray[np.int64]
Allowed = int | Mask
"""A word's number, or for each number whether it is allowed."""


class Lines:
    """The lines of all entries, by slot."""

    def __init__(self) -> None:
        self._units = Growing(np.uint16)
        self._ends = Growing(np.int64)

    @classmethod
    def kept(cls, kept: Kept) -> Lines:
        """The lines of a snapshot."""
        lines = cls()
        lines._units, lines._ends = kept["units"], kept["ends"]
        return lines

    def parts(self) -> Parts:
        """All lines for a snapshot."""
        return {"units": Part.of(self._units.all), "ends": Part.of(self._ends.all)}

    def add(self, codes: Place, ends: Place) -> None:
        """Add the lines of the next entries: the numbers of all words, and where each line ends.

        APART stands after each text. Beyond a million words, all share one number here.
        """
        wide = codes >= _LEAD
        far = np.minimum(codes, _LARGEST)[wide] - _LEAD
        units = codes.astype(np.uint16)
        units[wide] = _LEAD + (far >> 10)
        trails = np.flatnonzero(wide) + 1
        self._ends.extend(len(self._units) + ends + np.append(0, np.cumsum(wide))[ends])
        self._units.extend(np.insert(units, trails, (_TRAIL + (far & 0x3FF)).astype(np.uint16)))

    def among(self, phrase: Sequence[Allowed], slots: Slots) -> BitMap:
        """Those of some entries whose lines have words that follow each other."""
        found = BitMap()
        for begin in range(0, len(slots), AT_ONCE):
            part = slots[begin : begin + AT_ONCE]
            found |= self._having(phrase, within(self._ends.all, part))
        return found

    def between(self, phrase: Sequence[Allowed], begin: int, end: int) -> BitMap:
        """The same among all entries from one slot up to another."""
        found, ends = BitMap(), self._ends.all
        for slot in range(begin, end, AT_ONCE):
            start = int(ends[slot - 1]) if slot else 0
            units = self._units.all[start : int(ends[min(slot + AT_ONCE, end) - 1])]
            found |= self._having(phrase, start + _maybe(units, phrase))
        return found

    def _having(self, phrase: Sequence[Allowed], at: Place) -> BitMap:
        units = self._units.all
        starts = at = at[units[at] == _first_unit(phrase)]
        for allowed in phrase:
            codes, after = _codes(units, at)
            kept = allowed[codes] if isinstance(allowed, np.ndarray) else codes == allowed
            starts, at = starts[kept], after[kept]
        found = np.searchsorted(self._ends.all, starts, side="right")
        return bitmap(np.unique(found))


def _maybe(units: NDArray[np.uint16], phrase: Sequence[Allowed]) -> Place:
    """Where a phrase may begin: its first word is there, and each next one that is a unit."""
    frequent = takewhile(lambda word: isinstance(word, int) and word < _LEAD, phrase[1:])
    here = units == _first_unit(phrase)
    if _first_unit(phrase) < _LEAD:
        for place, word in enumerate(frequent, 1):
            here[:-place] &= units[place:] == word
    return np.flatnonzero(here)


def _first_unit(phrase: Sequence[Allowed]) -> int:
    first = phrase[0]
    assert isinstance(first, int), "a phrase begins with a whole word"
    return first if first < _LEAD else _LEAD + ((min(first, _LARGEST) - _LEAD) >> 10)


def _codes(units: NDArray[np.uint16], at: Place) -> tuple[Place, Place]:
    """The numbers of the words at some places, and the places after them."""
    codes = units[at].astype(np.int64)
    wide = (codes >= _LEAD) & (codes < _TRAIL)
    trail = units[at[wide] + 1].astype(np.int64) - _TRAIL
    codes[wide] = ((codes[wide] - _LEAD) << 10) + trail + _LEAD
    return codes, at + 1 + wide
