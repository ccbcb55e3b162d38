"""Threads that each take the next tensor, and that help one another within large ones.

A thread that needs all of a tensor makes a *sweep* over it: a list of blocks that any thread may
take from. The owner takes blocks itself; threads without a tensor of their own take from every open
sweep. So many small tensors keep all processors busy, and so does a single huge one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from .memory import Memory

Item = TypeVar("Item")
Made = TypeVar("Made")
Sum = TypeVar("Sum")


class Stopped(Exception):
    """Another thread failed, or the caller stopped the work."""


class Crew:
    """Shares work among the threads that `run` starts.

    `room` is how many bytes of whole tensors the jobs together may hold at a time.
    """

    def __init__(self, room: int = 0) -> None:
        self._changed = threading.Condition()
        self._room = room
        self._open: list[_Sweep[Any, Any]] = []
        self._busy = 0
        self._stopped = threading.Event()
        self.memory = Memory()
        """The buffers of the calling thread."""

    def stop(self) -> None:
        """Make every thread end before its next block."""
        self._stopped.set()
        with self._changed:
            self._changed.notify_all()

    def run(
        self, pool: Executor, threads: int, jobs: Iterable[Callable[[], None]]
    ) -> list[Future[None]]:
        """Start `threads` threads of `pool` to do all jobs; a job may sweep."""
        shared = _Shared(jobs)
        self._busy = threads
        return [pool.submit(self._work, shared) for _ in range(threads)]

    def sweep(self, items: Sequence[Item], work: Callable[[Item], Made]) -> list[Made]:
        """Return the results of `work` on each item, in order.

        Raises:
            Stopped: `stop` was called; also what `work` raised first.
        """
        if len(items) == 1:
            return [self._one(items[0], work)]
        sweep = _Sweep(items, lambda item: self._one(item, work), self._changed)
        with self._changed:
            self._open.append(sweep)
            self._changed.notify_all()
        while sweep.take():
            pass
        with self._changed:
            self._open.remove(sweep)
            self._changed.wait_for(lambda: sweep.left == 0)
        return sweep.results()

    def tally(
        self, items: Sequence[Item], start: Callable[[], Sum], add: Callable[[Item, Sum], None]
    ) -> list[Sum]:
        """The totals of the threads that took part, each added up from its own `start`."""
        sums: dict[int, Sum] = {}

        def work(item: Item) -> None:
            own = threading.get_ident()
            if own not in sums:
                sums[own] = start()
            add(item, sums[own])

        self.sweep(items, work)
        return list(sums.values())

    @contextmanager
    def room(self, size: int) -> Iterator[None]:
        """Hold `size` bytes of the crew's room within the block; help others while waiting for it.

        Raises:
            Stopped: `stop` was called.
        """
        while not self._take_room(size):
            self._help(lambda: self._room >= size)
        try:
            yield
        finally:
            with self._changed:
                self._room += size
                self._changed.notify_all()

    def _take_room(self, size: int) -> bool:
        with self._changed:
            if self._stopped.is_set():
                raise Stopped
            if self._room < size:
                return False
            self._room -= size
            return True

    def _one(self, item: Item, work: Callable[[Item], Made]) -> Made:
        if self._stopped.is_set():
            raise Stopped
        return work(item)

    def _work(self, jobs: _Shared) -> None:
        try:
            for job in jobs:
                if self._stopped.is_set():
                    return
                job()
        except Stopped:
            return
        except BaseException:
            self.stop()
            raise
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()
        self._help(lambda: self._busy == 0)

    def _help(self, enough: Callable[[], bool]) -> None:
        """Take items from open sweeps until `enough` returns true."""
        while (sweep := self._to_help(enough)) is not None:
            sweep.take()
            del sweep  # a finished one may refer to whole tensors

    def _to_help(self, enough: Callable[[], bool]) -> _Sweep[Any, Any] | None:
        with self._changed:
            self._changed.wait_for(lambda: enough() or self._stopped.is_set() or self._waiting())
            return None if enough() or self._stopped.is_set() else self._waiting()

    def _waiting(self) -> _Sweep[Any, Any] | None:
        return next((sweep for sweep in self._open if sweep.has_more), None)


class _Shared:
    """An iterator that several threads take from."""

    def __init__(self, jobs: Iterable[Callable[[], None]]) -> None:
        self._jobs = iter(jobs)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Callable[[], None]]:
        while True:
            with self._lock:
                job = next(self._jobs, None)
            if job is None:
                return
            yield job


class _Sweep(Generic[Item, Made]):
    """Items that any thread may take, and their results."""

    def __init__(
        self,
        items: Sequence[Item],
        work: Callable[[Item], Made],
        changed: threading.Condition,
    ) -> None:
        self._items, self._work, self._changed = items, work, changed
        self._next = 0
        self._made: list[Any] = [None] * len(items)
        self._error: BaseException | None = None
        self.left = len(items)
        """How many items are not finished."""

    @property
    def has_more(self) -> bool:
        """Whether an item is left to take."""
        return self._next < len(self._items)

    def take(self) -> bool:
        """Work on the next item; False if there is none."""
        with self._changed:
            place = self._next
            if place >= len(self._items):
                return False
            self._next += 1
        try:
            self._made[place] = self._work(self._items[place])
        except BaseException as error:
            self._fail(error)
        self._finish(1)
        return True

    def results(self) -> list[Made]:
        """The results of the items, in order; raises the first error instead."""
        if self._error:
            raise self._error
        return self._made

    def _fail(self, error: BaseException) -> None:
        """Keep the first error, and drop the items that no thread has taken."""
        with self._changed:
            self._error = self._error or error
            skipped = len(self._items) - self._next
            self._next = len(self._items)
        self._finish(skipped)

    def _finish(self, count: int) -> None:
        with self._changed:
            self.left -= count
            if self.left == 0:
                self._changed.notify_all()
