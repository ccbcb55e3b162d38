"""Filling all tensors of a plan: threads that each take the next one, and one that journals."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from .fill import TensorMerge, fill
from .inputs import Inputs
from .journal import Journal
from .plan import Plan, PlannedTensor
from .progress import Meter
from .writing import write_at, writing

Finished = tuple[PlannedTensor, str]


class Filling:
    """The tensors of a plan that the journal lacks, being filled.

    The largest go first, so that no thread is left alone with one at the end. What is finished is
    journalled in groups, since each group costs a wait for the disk.
    """

    def __init__(
        self, plan: Plan, folder: Path, inputs: Inputs, journal: Journal, meter: Meter, block: int
    ) -> None:
        self._plan, self._folder, self._inputs = plan, folder, inputs
        self._journal, self._meter, self._block = journal, meter, block
        todo = [tensor for tensor in plan.tensors if tensor.name not in journal.finished]
        self._todo = deque(sorted(todo, key=lambda tensor: -tensor.bytes_in))
        self._finished: SimpleQueue[Finished | None] = SimpleQueue()
        self._stopped = Event()

    def run(self, pool: ThreadPoolExecutor, threads: int) -> None:
        """Fill everything; raises the first error, after journalling what was finished."""
        with ThreadPoolExecutor(1, thread_name_prefix="journal") as journalling:
            committed = journalling.submit(self._commit_groups)
            try:
                self._work_all(pool, threads)
            finally:
                self._finished.put(None)
            committed.result()

    def _work_all(self, pool: ThreadPoolExecutor, threads: int) -> None:
        workers = [pool.submit(self._work) for _ in range(threads)]
        try:
            self._meter.wait_for(workers, "fill")
        finally:
            self._stopped.set()
            wait(workers)

    def _work(self) -> None:
        with suppress(_Stopped):
            while tensor := self._next():
                self._finished.put((tensor, self._fill(tensor)))
                self._meter.add(1, 0)

    def _next(self) -> PlannedTensor | None:
        try:
            return self._todo.popleft()
        except IndexError:
            return None

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise _Stopped

    def _fill(self, tensor: PlannedTensor) -> str:
        path = self._folder / tensor.region.file
        merge = TensorMerge(self._plan, tensor, self._inputs, self._block, self._go_on)
        with writing(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)

        def write(offset: int, data: memoryview) -> None:
            write_at(path, descriptor, offset, data)
            self._meter.add(0, len(data))

        try:
            return fill(merge, tensor, write)
        finally:
            os.close(descriptor)

    def _commit_groups(self) -> None:
        more = True
        try:
            while more:
                group = [self._finished.get()]
                while not self._finished.empty():
                    group.append(self._finished.get())
                done = [each for each in group if each is not None]
                more = len(done) == len(group)
                self._commit(done)
        finally:
            self._stopped.set()

    def _commit(self, done: Sequence[Finished]) -> None:
        digests = {tensor.name: digest for tensor, digest in done}
        self._journal.commit(digests, {tensor.region.file for tensor, _ in done})


class _Stopped(Exception):
    """Another tensor failed, or the caller wants no more."""
