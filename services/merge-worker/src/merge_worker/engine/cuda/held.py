"""Counts the bytes that this process's merges hold on CUDA devices: now, and at most so far."""

from __future__ import annotations

import threading
import weakref
from typing import Any, Final


class Held:
    """`now` and `most` are what arrays take; context, kernels and pinned memory are not in them."""

    def __init__(self) -> None:
        self.now = self.most = 0
        # A garbage collection may free an array while this thread counts another.
        self._lock = threading.RLock()

    def until_freed(self, array: Any) -> Any:
        """Count a device array from now until it is freed; returns the array."""
        size = array.size * array.dtype.itemsize
        self._add(size)
        weakref.finalize(array, self._add, -size).atexit = False
        return array

    def _add(self, size: int) -> None:
        with self._lock:
            self.now += size
            self.most = max(self.most, self.now)


HELD: Final = Held()
