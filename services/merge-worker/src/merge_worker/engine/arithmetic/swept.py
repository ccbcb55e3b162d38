"""Passes over operands block by block, by one thread or by several."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from merge_worker.engine.machine.crew import Crew
from merge_worker.engine.method import Block, Cut

SAMPLE: Final = 16384
S = TypeVar("S")
T = TypeVar("T")


class Swept(ABC):
    """The order of blocks that all operands share; subclasses read a block."""

    def __init__(self, shape: tuple[int, int], crew: Crew, block: int) -> None:
        """`shape` is rows and columns; `block` is the most elements of a block, a multiple of
        REDUCTION."""
        self.shape, self.size = shape, shape[0] * shape[1]
        self.crew, self.block_elements = crew, block

    def cuts(self, whole_rows: bool = False) -> list[Cut]:
        """The blocks that cover all elements."""
        step = self.block_elements
        if whole_rows:
            step = max(1, step // self.shape[1]) * self.shape[1]
        return [(first, min(step, self.size - first)) for first in range(0, self.size, step)]

    @abstractmethod
    def read(self, cut: Cut) -> Block:
        """The block at a place, valid until the same thread reads the next."""

    def blocks(self, whole_rows: bool = False) -> Iterator[Block]:
        """Yield all elements in order; each block overwrites the one before it."""
        for cut in self.cuts(whole_rows):
            yield from self.crew.sweep([cut], self.read)

    def sweep(self, work: Callable[[Block], T], whole_rows: bool = False) -> list[T]:
        """The results of `work` on each block, in order; several threads may take part."""
        return self.crew.sweep(self.cuts(whole_rows), lambda cut: work(self.read(cut)))

    def tally(
        self,
        start: Callable[[], S],
        add: Callable[[Block, S], None],
        cuts: Sequence[Cut] | None = None,
    ) -> list[S]:
        """The totals of the threads that took part, each added up from its own `start`."""
        wanted = self.cuts() if cuts is None else cuts
        return self.crew.tally(wanted, start, lambda cut, total: add(self.read(cut), total))

    def sample(self) -> list[Cut]:
        """One in sixteen elements, in short runs."""
        return [
            (first, min(SAMPLE, self.size - first)) for first in range(0, self.size, 16 * SAMPLE)
        ]
