"""Buffers that each thread keeps from block to block and from tensor to tensor.

Memory that is given back to the system is found empty again page by page, which costs more than
most formulas.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

LINE: Final = 64
"""Bytes in a line of the cache; what begins with one suits vector instructions."""

Make = Callable[[int], NDArray[np.uint8]]


def aligned(size: int) -> NDArray[np.uint8]:
    """So many bytes that begin with a line of the cache."""
    memory = np.empty(size + LINE, np.uint8)
    skipped = -memory.ctypes.data % LINE
    return memory[skipped : skipped + size]


class Memory(threading.local):
    """The buffers of the thread that asks, one for each use.

    `holds` is for whoever fills a buffer to note what is in it.
    """

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[np.uint8]] = {}
        self.holds: object = None

    def bytes(self, use: str, size: int, make: Make = aligned) -> NDArray[np.uint8]:
        """At least so many bytes for that use, as they were left; `make` makes more."""
        buffer = self._buffers.get(use)
        if buffer is None or buffer.size < size:
            self._buffers.pop(use, None)  # not both at a time
            buffer = self._buffers[use] = make(size)
        return buffer[:size]

    def floats(self, use: str, rows: int, columns: int) -> NDArray[np.float32]:
        """A matrix of float32 for that use."""
        return self.bytes(use, 4 * rows * columns).view(np.float32).reshape(rows, columns)
