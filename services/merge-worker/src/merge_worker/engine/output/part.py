"""One of several parts of a merge, for machines that share a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from merge_worker.engine.errors import ResumeError
from merge_worker.engine.plan import Plan, PlannedTensor

from .journal import NAME, Finished, Journal


@dataclass(frozen=True)
class Part:
    """The `number`-th of `of` parts, from 1, with about as many bytes to read as the others."""

    number: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise ValueError(f"part {self} must be between 1/{self.of} and {self.of}/{self.of}")

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def journal(self) -> str:
        """The name of its journal."""
        return NAME if self.of == 1 else f"journal-{self.number}-of-{self.of}.jsonl"

    @property
    def all(self) -> Iterator[Part]:
        """It and the others."""
        return (Part(number, self.of) for number in range(1, self.of + 1))

    @property
    def others(self) -> Iterator[Part]:
        """All but it."""
        return (each for each in self.all if each != self)

    def tensors(self, plan: Plan) -> list[PlannedTensor]:
        """Its tensors: the largest go first, each to whoever has least."""
        loads = [0] * self.of
        mine: list[PlannedTensor] = []
        for tensor in sorted(plan.tensors, key=lambda tensor: -tensor.bytes_in):
            least = loads.index(min(loads))
            loads[least] += tensor.bytes_in + 1
            if least == self.number - 1:
                mine.append(tensor)
        return mine


def check_split(folder: Path, plan: Plan, part: Part) -> None:
    """Make sure that all parts in a folder are of one plan, divided in one way.

    Raises:
        ResumeError: a journal of another plan, or of another division, lies in the folder.
    """
    known = {each.journal for each in part.all}
    journals = sorted(folder.glob("journal*.jsonl"))
    if others := [path.name for path in journals if path.name not in known]:
        raise ResumeError(
            f"{folder} was begun in another number of parts ({', '.join(others)}); "
            "go on with that number, or remove it"
        )
    for each in part.others:
        with suppress(FileNotFoundError):
            Journal.peek(folder / each.journal, plan.digest)


def all_finished(folder: Path, plan: Plan, part: Part) -> dict[str, Finished] | None:
    """The finished tensors of all parts; None if one is still at work, or all is done.

    Raises:
        ResumeError: a journal is damaged.
    """
    finished: dict[str, Finished] = {}
    for each in part.all:
        try:
            journal = Journal.peek(folder / each.journal, plan.digest)
        except FileNotFoundError:
            return None
        if not journal.complete:
            return None
        finished |= journal.finished
    return finished
