"""Which names may have all of some trigrams: each name sets a few of some bits, one for each.

Many trigrams share a bit, so a name whose bits fit need not have them; a name that lacks a bit has
not. The bits lie by bit and not by name: a word looks at a few rows, of which one of two million
names has 250 kB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lineage.memory.arrays import Integers
from lineage.search.trigrams import Keys
from mergehub.columns.parts import Part

BITS = 56
WORD = 32
"""So many names share a word of a row."""
_FACTOR = np.uint32(0x9E3779B1)
Words = NDArray[np.uint32]
"""A bit for each name, 32 in a word."""


def _bits(keys: Keys) -> Keys:
    return (keys * _FACTOR >> np.uint32(16)) % np.uint32(BITS)


class Signatures:
    """The bits of names by number. One thread writes while others read."""

    def __init__(self, rows: Words | None = None) -> None:
        self._rows = np.zeros((BITS, 0), np.uint32) if rows is None else rows.reshape(BITS, -1)

    def part(self, size: int) -> Part:
        """The bits of the first `size` names and room for a quarter more: what `__init__` takes.

        What is written meanwhile may be in it or not.
        """
        words = size // WORD
        room = bytes(np.uint32().itemsize * (words // 4))
        rows = self._rows[:, :words]
        return Part(np.uint32, (row.tobytes() + room for row in rows))

    def write(self, begin: int, size: int, rows: Integers, keys: Keys) -> None:
        """Set the bits of `size` names from `begin` on; a row among these has each key.

        Both numbers are multiples of 32.
        """
        has = np.zeros((BITS, size), np.bool_)
        has[_bits(keys), rows] = True
        end = (begin + size) // WORD
        if end > self._rows.shape[1]:
            self._rows = _longer(self._rows, 2 * end)
        packed = np.packbits(has, axis=1, bitorder="little").view("<u4")
        self._rows[:, begin // WORD : end] = packed

    def candidates(self, keys: Keys, words: Integers) -> Words:
        """Which names of some words may have all keys."""
        bits = np.unique(_bits(keys))
        if not len(bits):
            return np.full(len(words), 2**WORD - 1, np.uint32)
        rows = self._rows
        if len(words) < rows.shape[1] // 4:
            rows, words = rows[np.ix_(bits, words)], np.arange(len(words))
        else:
            rows = rows[bits, : words[-1] + 1]
        found: Words = np.bitwise_and.reduce(rows, axis=0)[words]
        return found


def _longer(rows: Words, length: int) -> Words:
    """With room for more names, which takes no memory until it is written."""
    longer = np.zeros((BITS, length), np.uint32)
    longer[:, : rows.shape[1]] = rows
    return longer
