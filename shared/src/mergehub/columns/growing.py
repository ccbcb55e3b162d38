"""Arrays that grow at their end.

One thread appends while others read: a reader looks only at the rows that were there when its
question began, and an array that moves to more room leaves the old one to those who read it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROOM = 1024


class Growing:
    """An array to whose end rows are added."""

    def __init__(self, dtype: type[np.generic] | np.dtype[Any] | str) -> None:
        self._data: NDArray[Any] = np.empty(ROOM, dtype)
        self._size = 0

    @classmethod
    def of(cls, data: NDArray[Any], size: int | None = None) -> Growing:
        """An array whose first rows are there; what comes after them is room."""
        growing = cls(data.dtype)
        growing._data, growing._size = data, len(data) if size is None else size
        return growing

    def __len__(self) -> int:
        return self._size

    def first(self, size: int) -> NDArray[Any]:
        """The first rows, which can be written in place."""
        return self._data[:size]

    @property
    def with_room(self) -> NDArray[Any]:
        """All rows, and the room after them."""
        return self._data

    @property
    def all(self) -> NDArray[Any]:
        """All rows."""
        return self._data[: self._size]

    def extend(self, rows: ArrayLike) -> None:
        """Add rows at the end."""
        added = np.asarray(rows, self._data.dtype)
        size = self._size + len(added)
        if size > len(self._data):
            self._reserve(size)
        self._data[self._size : size] = added
        self._size = size

    def fill_to(self, size: int, value: float) -> None:
        """Add rows of one value until there are so many."""
        if size > self._size:
            self.extend(np.full(size - self._size, value, self._data.dtype))

    def _reserve(self, size: int) -> None:
        wider = np.empty(size + size // 4, self._data.dtype)
        wider[: self._size] = self._data[: self._size]
        self._data = wider
