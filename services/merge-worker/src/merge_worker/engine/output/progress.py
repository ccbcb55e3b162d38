"""How far a merge is, told several times a second from one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

from merge_worker.engine.plan import PlannedTensor

TICK = 0.1
"""Seconds between reports."""

Stage = Literal["check", "fill", "lock", "finish"]
"""To check is to read what earlier attempts, or other parts, have made."""


@dataclass(frozen=True)
class Progress:
    """How far a merge is; bytes are of the output."""

    tensors_done: int
    tensors_total: int
    bytes_done: int
    bytes_total: int
    stage: Stage


OnProgress = Callable[[Progress], None]


class Meter:
    """Counts what any thread has finished, and reports while waiting for the threads."""

    def __init__(self, tensors: Sequence[PlannedTensor], on_progress: OnProgress) -> None:
        self._total = len(tensors), sum(tensor.region.nbytes for tensor in tensors)
        self._done = 0, 0
        self._lock = Lock()
        self._on_progress = on_progress

    def add(self, tensors: int, size: int) -> None:
        """Count finished tensors and bytes."""
        with self._lock:
            self._done = self._done[0] + tensors, self._done[1] + size

    def report(self, stage: Stage) -> None:
        """Tell how far the merge is."""
        tensors, size = self._done
        self._on_progress(Progress(tensors, self._total[0], size, self._total[1], stage))

    def wait_for(self, futures: Iterable[Future[Any]], stage: Stage) -> None:
        """Report until all are done; raises what one of them raises, or the callback.

        What has not begun by then is not begun any more.
        """
        left = set(futures)
        try:
            while left:
                self.report(stage)
                done, left = wait(left, TICK)
                for future in done:
                    future.result()
        finally:
            for future in left:
                future.cancel()
