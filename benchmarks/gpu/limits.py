"""Measures what a card and its bus can do: pinned copies in and out, and copies on the card."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

PASSES = 5


@dataclass(frozen=True)
class Limits:
    """Bandwidths in bytes per second: to the card, from it, and of its own memory."""

    into: float
    out: float
    memory: float

    def bus_seconds(self, into: int, out: int) -> float:
        """The least time to move so many bytes in and out; the bus has both directions at once."""
        return max(into / self.into, out / self.out)

    def memory_seconds(self, moved: int) -> float:
        """The least time for the card's memory to read or write so many bytes."""
        return moved / self.memory


def measured(number: int, size: int) -> Limits:
    """The limits of a GPU, each the best of a few copies of `size` bytes."""
    from numba import cuda

    cuda.select_device(number)
    stream = cuda.stream()
    host = cuda.pinned_array(size, np.uint8)
    host[:] = 1
    first, second = (cuda.device_array(size, np.uint8, stream=stream) for _ in range(2))

    def into() -> None:
        first.copy_to_device(host, stream=stream)

    def out() -> None:
        first.copy_to_host(host, stream=stream)

    def on_card() -> None:
        second.copy_to_device(first, stream=stream)

    return Limits(
        size / _best(into, stream), size / _best(out, stream), 2 * size / _best(on_card, stream)
    )


def _best(copy: Callable[[], None], stream: Any) -> float:
    """The shortest of a few passes, after one that is not counted."""
    seconds = []
    for _ in range(1 + PASSES):
        started = time.perf_counter()
        copy()
        stream.synchronize()
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])
