"""The names of models in their order, without regard to case."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from leaderboard.memory.arrays import Numbers

MANY = 1000  # so many new names are sorted with the others, and their places not looked for


class NameOrder:
    """Names by their index, and the place of each among all."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.index: dict[str, int] = {}
        self._keys: list[tuple[str, str]] = []
        self._sorted: Numbers = np.empty(0, np.int32)

    def add(self, names: Sequence[str]) -> None:
        """Give new names the next indexes."""
        begin = len(self.names)
        self.names.extend(names)
        self._keys.extend((name.lower(), name) for name in names)
        new = range(begin, len(self.names))
        self.index.update((self._keys[index][0], index) for index in new)
        if len(new) > MANY:
            self._sort()
        elif new:
            order = sorted(new, key=self._key)
            at = [bisect_left(self._sorted, self._keys[index], key=self._key) for index in order]
            self._sorted = np.insert(self._sorted, at, order)

    def change(self, index: int, name: str) -> None:
        """Give an index another name. States from before keep the old one."""
        self.index.pop(self._keys[index][0], None)
        self.index[name.lower()] = index
        self.names = [*self.names[:index], name, *self.names[index + 1 :]]
        self._keys[index] = (name.lower(), name)
        self._sort()

    def ranks(self) -> Numbers:
        """The place of each name among all."""
        ranks = np.empty(len(self._sorted), np.int32)
        ranks[self._sorted] = np.arange(len(self._sorted), dtype=np.int32)
        return ranks

    def _sort(self) -> None:
        self._sorted = np.array(sorted(range(len(self._keys)), key=self._key), np.int32)

    def _key(self, index: int) -> tuple[str, str]:
        return self._keys[index]
