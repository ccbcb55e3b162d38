"""One of several parts of a merge, done by machines that share a folder."""

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
    """Part `number` (from 1) of `of` parts, each with about the same number of bytes to read."""

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
        """Yield all parts, this one included."""
        return (Part(number, self.of) for number in range(1, self.of + 1))

    @property
    def others(self) -> Iterator[Part]:
        """Yield all parts but this one."""
        return (each for each in self.all if each != self)

    def tensors(self, plan: Plan) -> list[PlannedTensor]:
        """Its tensors; they are dealt from the largest on, each to the part that has least."""
        loads = [0] * self.of
        mine: list[PlannedTensor] = []
        for tensor in sorted(plan.tensors, key=lambda tensor: -tensor.bytes_in):
            least = loads.index(min(loads))
            loads[least] += tensor.bytes_in + 1
            if least == self.number - 1:
                mine.append(tensor)
        return mine


def check_split(folder: Path, plan: Plan, part: Part) -> None:
    """Check that all parts in a folder belong to one plan and one division.

    Raises:
        ResumeError: the folder holds a journal of another plan or another division.
    """
    known = {each.journal for each in part.all}
    journals = sorted(folder.glob("journal*.jsonl"))
    if others := [path.name for path in journals if path.name not in known]:
        raise ResumeError(
            f"{folder} was begun with another number of parts ({', '.join(others)}); "
            "continue with that number, or remove the folder"
        )
    for each in part.others:
        with suppress(FileNotFoundError):
            Journal.peek(folder / each.journal, plan.digest)


def all_finished(folder: Path, plan: Plan, part: Part) -> dict[str, Finished] | None:
    """The finished tensors of all parts; None if a part is unfinished, or the merge is complete.

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
