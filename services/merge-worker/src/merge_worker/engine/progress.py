"""How far a merge is, told several times a second from one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

from .dtypes import ITEMSIZE
from .journal import Journal
from .plan import PlannedTensor

TICK = 0.1
"""Seconds between reports."""

Stage = Literal["fill", "lock", "finish"]


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

    def __init__(
        self, tensors: Sequence[PlannedTensor], journal: Journal, on_progress: OnProgress
    ) -> None:
        sizes = {tensor.name: tensor.region.nbytes for tensor in tensors}
        self._total = len(sizes), sum(sizes.values())
        self._done = len(journal.finished), sum(_journalled(each, journal) for each in tensors)
        self._lock = Lock()
        self._on_progress = on_progress

    def add(self, tensors: int, size: int) -> None:
        """Count finished tensors and bytes."""
        with self._lock:
            self._done = self._done[0] + tensors, self._done[1] + size

    def report(self, stage: Stage) -> None:
        """Tell how far the merge is."""
        tensors, size = self._done
        total = self._total[1]
        # Blocks of another size than before are filled again, and counted again.
        self._on_progress(Progress(tensors, self._total[0], min(size, total), total, stage))

    def wait_for(self, futures: Iterable[Future[Any]], stage: Stage) -> None:
        """Report until all are done; raises what one of them raises, or the callback."""
        left = set(futures)
        while left:
            self.report(stage)
            done, left = wait(left, TICK)
            for future in done:
                future.result()


def _journalled(tensor: PlannedTensor, journal: Journal) -> int:
    """The bytes of a tensor that an earlier attempt has filled."""
    if tensor.name in journal.finished:
        return tensor.region.nbytes
    blocks = journal.blocks.get(tensor.name, {})
    return sum(size for _, size in blocks) * ITEMSIZE[tensor.region.dtype]
