"""Buffers that each thread reuses for every block and tensor.

The system clears memory that was returned to it, page by page, before it is used again. That costs
more than most formulas.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

LINE: Final = 64
"""Bytes in a cache line; data that begins at one suits vector instructions."""

Make = Callable[[int], NDArray[np.uint8]]


def aligned(size: int) -> NDArray[np.uint8]:
    """`size` bytes that begin at a cache line."""
    memory = np.empty(size + LINE, np.uint8)
    skipped = -memory.ctypes.data % LINE
    return memory[skipped : skipped + size]


class Memory(threading.local):
    """The buffers of the calling thread, one for each use.

    The code that fills a buffer notes in `holds` what it contains.
    """

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[np.uint8]] = {}
        self.holds: object = None

    def bytes(self, use: str, size: int, make: Make = aligned) -> NDArray[np.uint8]:
        """At least `size` bytes for one use, with their old contents; `make` allocates more."""
        buffer = self._buffers.get(use)
        if buffer is None or buffer.size < size:
            self._buffers.pop(use, None)  # free it before the larger one is made
            buffer = self._buffers[use] = make(size)
        return buffer[:size]

    def floats(self, use: str, rows: int, columns: int) -> NDArray[np.float32]:
        """A float32 matrix for one use."""
        return self.bytes(use, 4 * rows * columns).view(np.float32).reshape(rows, columns)
