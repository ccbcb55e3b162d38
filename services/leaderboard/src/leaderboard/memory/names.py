"""The names of models in their order, without regard to case."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from leaderboard.memory.arrays import Numbers

MANY = 1000  # so many new names are sorted in, and not put in their places one by one


class NameOrder:
    """Names by their index, and the place of each among all."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.index: dict[str, int] = {}
        self._keys: list[tuple[str, str]] = []
        self._sorted: list[int] = []

    def add(self, names: Sequence[str]) -> None:
        """Give new names the next indexes."""
        begin = len(self.names)
        self.names.extend(names)
        self._keys.extend((name.lower(), name) for name in names)
        new = range(begin, len(self.names))
        self.index.update((self._keys[index][0], index) for index in new)
        if len(new) > MANY:
            self._sorted.extend(new)
            self._sorted.sort(key=self._keys.__getitem__)
            return
        for index in new:
            key = self._keys[index]
            self._sorted.insert(bisect_left(self._sorted, key, key=self._keys.__getitem__), index)

    def change(self, index: int, name: str) -> None:
        """Give an index another name. States from before keep the old one."""
        self.index.pop(self._keys[index][0], None)
        self.index[name.lower()] = index
        self.names = [*self.names[:index], name, *self.names[index + 1 :]]
        self._keys[index] = (name.lower(), name)
        self._sorted.sort(key=self._keys.__getitem__)

    def ranks(self) -> Numbers:
        """The place of each name among all."""
        ranks = np.empty(len(self._sorted), np.int32)
        ranks[self._sorted] = np.arange(len(self._sorted), dtype=np.int32)
        return ranks
