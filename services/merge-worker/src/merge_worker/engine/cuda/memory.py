"""The memory of a CUDA device that a merge may use, and blocks that fit into it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

from merge_worker.engine.errors import DeviceMemoryError
from merge_worker.engine.files.dtypes import ITEMSIZE
from merge_worker.engine.kernels.gather_kernels import REDUCTION
from merge_worker.engine.plan import PlannedTensor

SHARE: Final = 0.9
"""How much of the free memory a merge may use; weights, kernels and the driver need the rest."""

BESIDE: Final = 1 << 12
"""Bytes that a thread needs on the device beside a block, for codes and counts."""


class DeviceMemory:
    """Counts the bytes of the blocks in flight, and refuses what would exceed the limit."""

    def __init__(self, free: float, limit: int | None = None) -> None:
        """`free` bytes are free on the device; `limit` is how many the operator allows."""
        self.limit = free * SHARE if limit is None else min(free * SHARE, limit)
        self.refusals = 0
        """How often memory was refused, by this limit or by the driver."""
        self._taken = 0
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Count `size` bytes as taken.

        Raises:
            DeviceMemoryError: the limit does not allow it.
        """
        with self._lock:
            if self._taken + size > self.limit:
                raise DeviceMemoryError(
                    f"{size} bytes exceed the {int(self.limit)} bytes of GPU memory that this "
                    f"merge may use, of which {self._taken} are in use"
                )
            self._taken += size

    def give_back(self, size: int) -> None:
        """Count `size` bytes as free again."""
        with self._lock:
            self._taken -= size


def fitting(tensors: Iterable[PlannedTensor], threads: int, block: int, limit: float) -> int:
    """Return how many elements a block may have: at most `block`, a multiple of REDUCTION.

    The blocks of all threads fit into `limit` bytes together, except that none is smaller than
    REDUCTION, and that ranks, which few methods need, are not counted.
    """
    width = max((_width(each) for each in tensors if each.method), default=1)
    fits = min(block, (limit / threads - BESIDE) / width)
    return max(1, int(fits) // REDUCTION) * REDUCTION


def _width(tensor: PlannedTensor) -> int:
    """Bytes on the device for each element: that of every operand, and the result."""
    widest = max((row.width for row in tensor.rows), default=0)
    return len(tensor.rows) * widest + ITEMSIZE[tensor.region.dtype]
