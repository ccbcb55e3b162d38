"""Reports the progress of a merge, several times a second from one thread."""

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
"""The stage of checking reads what earlier attempts, or other parts, have made."""


@dataclass(frozen=True)
class Progress:
    """The progress of a merge; bytes are the output's."""

    tensors_done: int
    tensors_total: int
    bytes_done: int
    bytes_total: int
    stage: Stage


OnProgress = Callable[[Progress], None]


class Meter:
    """Counts what all threads have finished, and reports while it waits for them."""

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
        """Report the progress of the merge."""
        tensors, size = self._done
        self._on_progress(Progress(tensors, self._total[0], size, self._total[1], stage))

    def wait_for(self, futures: Iterable[Future[Any]], stage: Stage) -> None:
        """Report until all are done; raises what one of them, or the callback, raises.
        After an error, no further future starts.
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
