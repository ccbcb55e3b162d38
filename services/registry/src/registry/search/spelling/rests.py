"""What remains of the beginnings of words without a letter or two, and which letters words have.

All of it is computed for many words at once, as numbers that are the same in each process.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

BEGINNING = 7
"""So many letters of a word are looked at."""
KEY_BITS = 32

Bits = NDArray[np.uint64]
Letters = NDArray[np.uint32]
Keys = NDArray[np.int64]


def keys_of(words: Sequence[str], deletions: int) -> Keys:
    """The key of each rest after at most so many deletions, of each word; some are there twice.

    A key is the upper half of a sum: each letter of the rest times the factor of its place.
    """
    beginnings = _letters([word[:BEGINNING] for word in words], BEGINNING).astype(np.uint64)
    keys: Keys = (beginnings @ _FACTORS[deletions] >> np.uint64(64 - KEY_BITS)).astype(np.int64)
    return keys


def bits_of(words: Sequence[str]) -> Bits:
    """A bit for each letter that a word has; some letters share one."""
    letters = _letters(words, max(map(len, words)))
    bits = np.left_shift(np.uint64(1), letters.astype(np.uint64) % np.uint64(64))
    found: Bits = np.bitwise_or.reduce(bits, axis=1, where=letters > 0)
    return found


def _letters(words: Sequence[str], most: int) -> Letters:
    """A row for each word: its letters, and 0 in the places after them."""
    return np.array(words, f"U{most}").view(np.uint32).reshape(len(words), most)


def _factors(deletions: int) -> Bits:
    """A column for each way to delete letters: the factor of each letter's place in the rest."""
    places = range(BEGINNING)
    of_place = [int.from_bytes(blake2b(bytes([at]), digest_size=8).digest()) | 1 for at in places]
    ways = chain.from_iterable(
        combinations(places, BEGINNING - gone) for gone in range(deletions + 1)
    )
    columns = [
        [dict(zip(kept, of_place, strict=False)).get(at, 0) for at in places] for kept in ways
    ]
    return np.array(columns, np.uint64).T


_FACTORS = {deletions: _factors(deletions) for deletions in (1, 2)}
