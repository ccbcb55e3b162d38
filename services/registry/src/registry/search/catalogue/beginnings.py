"""Words in their order, so that those that begin in one way are found."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice, takewhile
from typing import Protocol

UNSORTED = 1000  # new words that are looked through one by one


class Keyed(Protocol):
    """Words to whose end others come."""

    def __len__(self) -> int: ...

    def keys(self) -> Iterable[str]:
        """The words, in the order in which they came."""


class Beginnings:
    """The words of one growing collection, sorted again when many are new."""

    def __init__(self) -> None:
        self._sorted: list[str] = []

    def of(self, words: Keyed, prefix: str) -> list[str]:
        """The words that begin so, in no order."""
        known = self._sorted
        if len(words) > len(known) + UNSORTED:
            known = self._sorted = sorted(words.keys())
        found = takewhile(
            lambda word: word.startswith(prefix), islice(known, bisect_left(known, prefix), None)
        )
        new = list(words.keys())[len(known) :] if len(words) > len(known) else []
        return [*found, *(word for word in new if word.startswith(prefix))]
