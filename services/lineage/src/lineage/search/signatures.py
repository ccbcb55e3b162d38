"""Which names may have a word: each name sets a few of some bits, one for each of its trigrams.

A trigram is three letters or digits in a row, or the first one or two of a word, which also begins
where letters and digits meet. Many share a bit,
so a name whose bits fit need not have the word; a name that lacks a bit has not. The bits lie by
bit and not by name: a word looks at a few rows, and a row of two million names has 250 kB.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lineage.memory.arrays import Numbers
from lineage.search.words import plain

BITS = 56
EIGHT = 8
_FACTOR = np.uint32(0x9E3779B1)
_SIX = np.uint32(6)
Packed = NDArray[np.uint8]
"""A bit for each name."""


def _letter(byte: int) -> int:
    """What of a byte counts, below 64; 0: it is between words."""
    character = plain(bytes([byte]))
    if character in b" \n":
        return 0
    known = b"abcdefghijklmnopqrstuvwxyz0123456789".find(character)
    return 1 + known if known >= 0 else 37 + byte % 27


_LETTERS = np.array([_letter(byte) for byte in range(256)], np.uint32)


_IS_DIGIT = np.array([chr(byte) in "0123456789" for byte in range(256)])


def _trigrams(text: bytes) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Where trigrams begin in a plain text, and the bit of each."""
    letters = _LETTERS[np.frombuffer(text, np.uint8)]
    is_letter = letters != 0
    places = np.flatnonzero(is_letter[1:-1] & (is_letter[2:] | ~is_letter[:-2]))
    keys = letters[places] << _SIX | letters[places + 1]
    keys = keys << _SIX | letters[places + 2]
    begins = np.flatnonzero(~is_letter[:-1] & is_letter[1:])  # and the first letter of each word
    is_digit = _IS_DIGIT[np.frombuffer(text, np.uint8)]
    meet = np.flatnonzero(is_letter[:-1] & is_letter[1:] & (is_digit[:-1] != is_digit[1:])) + 1
    two = meet[meet < len(text) - 1]
    firsts = (letters[begins + 1] << _SIX, letters[meet] << _SIX)
    keys = np.concatenate((keys, *firsts, letters[two] << _SIX | letters[two + 1]))
    bits: NDArray[np.uint32] = (keys * _FACTOR >> np.uint32(16)) % np.uint32(BITS)
    return np.concatenate((places, begins, meet, two)), bits


class Signatures:
    """The bits of names by number. One thread writes while others read."""

    def __init__(self) -> None:
        self._rows = np.zeros((BITS, 0), np.uint8)

    def write(self, begin: int, size: int, rows: Numbers, lines: bytes) -> None:
        """Set the bits of `size` names from `begin` on, of which `rows` have a line each.

        Both numbers are multiples of eight.
        """
        places, bits = _trigrams(b"\n" + lines)
        ends = np.flatnonzero(np.frombuffer(lines, np.uint8) == ord("\n"))
        has = np.zeros((BITS, size), np.bool_)
        has[bits, rows[np.searchsorted(ends, places)]] = True
        end = (begin + size) // EIGHT
        if end > self._rows.shape[1]:
            self._rows = _longer(self._rows, 2 * end)
        self._rows[:, begin // EIGHT : end] = np.packbits(has, axis=1, bitorder="little")

    def candidates(self, words: Iterable[bytes], size: int) -> Packed | None:
        """Which of the first `size` names may have all of some words; None: any of them.

        Before a word that only begins one is a space.
        """
        bits = np.unique(np.concatenate([_trigrams(word)[1] for word in words]))
        rows = self._rows[:, : -(-size // EIGHT)]
        return np.bitwise_and.reduce(rows[bits], axis=0) if len(bits) else None


def _longer(rows: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
    """With room for more names, which takes no memory until it is written."""
    longer = np.zeros((BITS, length), np.uint8)
    longer[:, : rows.shape[1]] = rows
    return longer
