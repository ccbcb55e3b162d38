"""One of several portions of a merge, for machines that share a folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import ResumeError
from .journal import NAME, Finished, Journal
from .plan import Plan, PlannedTensor


@dataclass(frozen=True)
class Portion:
    """The `number`-th of `of` portions, from 1, with about as many bytes to read as the others."""

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
    def all(self) -> Iterator[Portion]:
        """It and the others."""
        return (Portion(number, self.of) for number in range(1, self.of + 1))

    @property
    def others(self) -> Iterator[Portion]:
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


def check_split(folder: Path, portion: Portion) -> None:
    """Make sure that a merge is not divided into portions in two ways at once.

    Raises:
        ResumeError: a journal of another division lies in the folder.
    """
    known = {each.journal for each in portion.all}
    others = [path.name for path in folder.glob("journal*.jsonl") if path.name not in known]
    if others:
        raise ResumeError(
            f"{folder} was begun in another number of parts ({', '.join(sorted(others))}); "
            "go on with that number, or remove it"
        )


def all_finished(folder: Path, plan: Plan, portion: Portion) -> dict[str, Finished] | None:
    """The finished tensors of all portions; None if one is still at work."""
    finished: dict[str, Finished] = {}
    for each in portion.all:
        found = Journal.peek(folder / each.journal, plan.digest)
        if found is None:
            return None
        finished |= found
    return finished
