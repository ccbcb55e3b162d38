"""The trigrams of names: three letters or digits in a row, as a number below 2**18.

The first one or two letters of a word count as well; a word also begins where letters and digits
meet. Letters that are not ASCII share numbers, so a name whose trigrams fit need not have a word.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lineage.memory.arrays import Codes8, Integers
from lineage.search.words import plain

Keys = NDArray[np.uint32]
"""Trigrams."""
BEGIN_BITS = 18
"""Above a trigram are two bits: how many characters it is of the beginning of a name; 0: any."""
AT_END = 1 << 20
KEY_BITS = 21
_SIX = np.uint32(6)


def _letter(byte: int) -> int:
    """What of a byte counts, below 64; 0: it is between words."""
    character = plain(bytes([byte]))
    if character in b" \n":
        return 0
    known = b"abcdefghijklmnopqrstuvwxyz0123456789".find(character)
    return 1 + known if known >= 0 else 37 + byte % 27


_LETTERS = bytes(map(_letter, range(256)))
_ZERO = np.uint8(_letter(ord("0")))
_DIGITS = 10


def trigrams(text: bytes) -> tuple[Integers, Keys]:
    """Where trigrams begin in a plain text, and which they are."""
    letters = _letters(text)
    is_letter = letters != 0
    places = np.flatnonzero(is_letter[1:-1] & (is_letter[2:] | ~is_letter[:-2]))
    begins = np.flatnonzero(~is_letter[:-1] & is_letter[1:])  # and the first letter of each word
    is_digit = letters - _ZERO < _DIGITS
    meet = np.flatnonzero(is_letter[:-1] & is_letter[1:] & (is_digit[:-1] != is_digit[1:])) + 1
    two = meet[meet < len(text) - 1]
    keys = (
        _joined(letters, places, places + 1, places + 2),
        _joined(letters, begins + 1) << _SIX,
        _joined(letters, meet) << _SIX,
        _joined(letters, two, two + 1),
    )
    return np.concatenate((places, begins, meet, two)), np.concatenate(keys)


def ends(text: bytes) -> tuple[Integers, Keys]:
    """How the lines of a plain text begin and end: the line of each key, and the key.

    A line has a key for its first letter, one for the first two characters and one for the first
    three, and one for the last three. What comes after a space does not count.
    """
    letters = _letters(b"\n\n" + text + b"\n\n")
    stops = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")) + 2
    words = np.flatnonzero(letters)
    first = np.searchsorted(words, np.concatenate(([0], stops))[:-1])
    last = np.searchsorted(words, stops) - 1
    lines = np.flatnonzero(first <= last)  # the others have no letter
    begin = _along(letters, words[first[lines]], 1)
    end = _along(letters, words[last[lines]], -1)[-1] | np.uint32(AT_END)
    keys = [each | np.uint32(size << BEGIN_BITS) for size, each in enumerate(begin, 1)]
    return np.tile(lines, 4), np.concatenate((*keys, end))


def of_beginning(whole: bytes) -> int:
    """The key of all lines that begin with a text, which begins with a letter."""
    return int(ends(whole + b"\n")[1][min(len(whole), 3) - 1])


def of_end(whole: bytes) -> int:
    """The key of all lines that end with a text."""
    return int(ends(whole + b"\n")[1][3])


def _letters(text: bytes) -> Codes8:
    """What of each byte counts."""
    return np.frombuffer(text.translate(_LETTERS), np.uint8)


def _joined(letters: Codes8, *places: Integers) -> Keys:
    """One key of the letters at the first places, at the second ones, and so on."""
    keys = letters[places[0]].astype(np.uint32)
    for more in places[1:]:
        keys <<= _SIX
        keys |= letters[more]
    return keys


def _along(letters: Codes8, places: Integers, step: int) -> list[Keys]:
    """The one, two and three characters from places on, up to the first that is no letter."""
    one = _joined(letters, places)
    two = _joined(letters, places + step)
    three = np.where(two != 0, letters[places + 2 * step], 0).astype(np.uint32)
    return [one, one << _SIX | two, (one << _SIX | two) << _SIX | three]
