"""The known words that are near a word: found by what remains of both without a letter or two.

Words one edit apart have a common rest after a deletion in each. So a table leads from each rest
to its words; only the beginnings of words are in it, which suffices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock

import numpy as np

from mergehub.columns.growing import Growing
from mergehub.columns.parts import Kept, Part, Parts
from registry.search.spelling.distance import distance
from registry.search.spelling.pairs import Pairs, pairs
from registry.search.spelling.rests import bits_of, keys_of

SHORTEST, LONG = 4, 8
"""Shorter words are not corrected; long ones may be two edits apart."""
TOGETHER = 5000


@dataclass(frozen=True)
class Near:
    """A known word, and how many edits it is away."""

    word: str
    distance: int


def may_differ(word: str) -> int:
    """How many edits a word may be away from what was meant. Words with digits: none."""
    if len(word) < SHORTEST or not word.isalpha():
        return 0
    return 2 if len(word) >= LONG else 1


class Vocabulary:
    """Words, which are only added. One thread at a time adds while others read."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._followed = 0
        self._words: list[str] = []
        self._letters = Growing(np.uint64)
        self._pairs = Pairs()

    @classmethod
    def kept(cls, kept: Kept, words: Sequence[str]) -> Vocabulary:
        """The vocabulary of a snapshot, which has followed all of these words."""
        vocabulary = cls()
        vocabulary._followed, vocabulary._words = len(words), list(_meant(words))
        vocabulary._letters, vocabulary._pairs = kept["letters"], Pairs(kept["pairs"].all)
        return vocabulary

    def parts(self, words: Sequence[str]) -> Parts:
        """All that a snapshot keeps, once the words are followed."""
        self.follow(words)
        return {"letters": Part.of(self._letters.all), "pairs": Part.of(self._pairs.whole())}

    def follow(self, words: Sequence[str]) -> None:
        """Add the words that came to the end of a list since the last time."""
        if len(words) == self._followed:
            return
        with self._lock:
            new = words[self._followed :]
            self.add(new)
            self._followed += len(new)

    def add(self, words: Iterable[str]) -> None:
        """Add words that are not yet there; those with digits are never meant."""
        meant = _meant(words)
        while some := list(islice(meant, TOGETHER)):
            begin = len(self._words)
            self._letters.extend(bits_of(some))
            self._words += some
            for deletions, chosen in _by_deletions(some):
                keys = keys_of([some[place] for place in chosen], deletions)
                self._pairs.add(pairs(keys, begin + np.array(chosen)[:, None]))

    def near(self, word: str) -> list[Near]:
        """The known words that may have been meant, the nearest first."""
        most = may_differ(word)
        found = []
        for known in self._candidates(word, most) if most else ():
            edits = distance(word, known, most if len(known) >= LONG - 1 else 1)
            if edits:
                found.append(Near(known, edits))
        return sorted(found, key=lambda each: (each.distance, each.word))

    def _candidates(self, word: str, most: int) -> Iterator[str]:
        """The words that have a common rest, and no more other letters than edits can make."""
        numbers = self._pairs.numbers(keys_of([word], most)[0])
        others = self._letters.all[numbers] ^ bits_of([word])[0]
        near = numbers[np.bitwise_count(others) <= 2 * most]
        return (self._words[number] for number in near.tolist())


def _meant(words: Iterable[str]) -> Iterator[str]:
    """Those that may be meant by a word with a mistake."""
    return (each for each in words if len(each) >= SHORTEST - 1 and each.isalpha())


def _by_deletions(words: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
    """How many letters are deleted of words, and the places of these words."""
    long = [len(word) >= LONG - 1 for word in words]
    for deletions, wanted in ((1, False), (2, True)):
        if chosen := [place for place, each in enumerate(long) if each is wanted]:
            yield deletions, chosen
