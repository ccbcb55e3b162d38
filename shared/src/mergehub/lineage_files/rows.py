"""The rows that every reader yields: edges, facts, and what was skipped or corrected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

MOST_PARENTS = 1000
Layers = tuple[tuple[int, int], ...]


class Unreadable(Exception):
    """A file that cannot be read at all; the message says why and what to do."""


class Edge(NamedTuple):
    """`child` was made from `parent`, as one line of a file says.

    `role_stated`: the file says the role; otherwise it is the usual one of the relation.
    """

    child: str
    parent: str
    line: int | None = None
    relation: str = "unknown"
    role: str = "ingredient"
    method: str | None = None
    weight: float | None = None
    density: float | None = None
    layers: Layers | None = None
    child_digest: str | None = None
    parent_digest: str | None = None
    made_on: date | None = None
    evidence: str | None = None
    source: str | None = None
    role_stated: bool = False


class Facts(NamedTuple):
    """What a line of a file says about a model itself."""

    name: str
    line: int | None = None
    architecture: str | None = None
    parameters: int | None = None
    tokenizer: str | None = None
    licence: str | None = None
    domains: tuple[str, ...] = ()
    made_on: date | None = None

    def __bool__(self) -> bool:
        """Whether it says more than the name."""
        told = (self.architecture, self.parameters, self.tokenizer, self.licence, self.made_on)
        return any(each is not None for each in told) or bool(self.domains)


@dataclass(frozen=True, slots=True)
class Skipped:
    """An edge, or a whole file, that is not imported, and why."""

    line: int | None
    child: str
    parent: str
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """A value that is imported in another form than it was written, and why."""

    line: int | None
    field: str
    was: str
    now: str
    reason: str


Row = Edge | Facts | Skipped | Corrected


def body_of(row: Edge | Facts) -> dict[str, Any]:
    """The row as the hub's API takes it; what is not known is left out."""
    told = {name: value for name, value in zip(row._fields, row, strict=True) if value is not None}
    if isinstance(row, Facts):
        if not row.domains:
            del told["domains"]
    elif not told.pop("role_stated"):
        del told["role"]
    if row.made_on is not None:
        told["made_on"] = row.made_on.isoformat()
    return told
