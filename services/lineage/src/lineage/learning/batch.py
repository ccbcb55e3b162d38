"""What a batch says about edges and models, and what became of each statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

Layers = tuple[tuple[int, int], ...]


def usual_role(relation: str) -> str:
    """The role of a parent if nothing says it: a merge has ingredients, everything else a base."""
    return "ingredient" if relation == "merge" else "base"


def states_role(relation: str, role: str | None) -> bool:
    """Whether a source that gives this role says more than the relation does."""
    return role is not None and (relation == "merge" or role != usual_role(relation))


class Told(NamedTuple):
    """What a source says about an edge: the columns that edges and claims have in common.

    `role_stated`: the source says whether the parent was the base or an ingredient. If not, the
    claim belongs to the edge of any role.
    """

    relation: str
    source: str
    confidence: int
    method: str | None = None
    weight: float | None = None
    density: float | None = None
    layers: Layers | None = None
    recipe_version: UUID | None = None
    run: UUID | None = None
    evidence: str | None = None
    made_on: date | None = None
    created_at: datetime | None = None  # None: now
    role_stated: bool = True

    @property
    def strength(self) -> tuple[int, bool, bool]:
        """The stronger claim about an edge is shown."""
        return self.confidence, self.relation != "unknown", self.role_stated

    def repeats(self, earlier: Told) -> bool:
        """Whether this says nothing that the same source did not say before.

        Another run or line that says the same is no news, but the first date is.
        """
        same = self[:7] == earlier[:7] and self.recipe_version == earlier.recipe_version
        same &= self.role_stated == earlier.role_stated
        return same and (self.made_on is None or earlier.made_on is not None)


class Statement(NamedTuple):
    """A source says that `child` came from `parent`; digests name the revisions, if known.

    `role` is the usual one of the relation if the source does not state it.
    """

    child: str
    parent: str
    role: str
    told: Told
    child_digest: str | None = None
    parent_digest: str | None = None


class Facts(NamedTuple):
    """What a source says about a model; None and an empty tuple say nothing."""

    name: str
    source: str
    confidence: int
    digest: str | None = None
    architecture: str | None = None
    parameters: int | None = None
    tokenizer: str | None = None
    licence: str | None = None
    domains: tuple[str, ...] = ()
    made_on: date | None = None


@dataclass(frozen=True)
class Batch:
    """Statements in their order: of two that contradict each other, the later one is newer."""

    statements: Sequence[Statement] = ()
    facts: Sequence[Facts] = ()


class Outcome(StrEnum):
    """What became of a statement about an edge."""

    ADDED = "added"
    KNOWN = "known"
    STRENGTHENED = "strengthened"
    """It is now what the graph shows of the edge."""
    WEAKER = "weaker"
    """It is kept beside a stronger one."""
    REFUSED = "refused"
    """It would close a cycle."""
    WITHDRAWN = "withdrawn"
    """It is kept, but a moderator has withdrawn the edge."""


@dataclass
class Report:
    """What became of each statement, and the names of the models by the given ones.

    `added` has the names of the new models.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    added: Sequence[str] = ()
    models_changed: int = 0
    names: dict[str, str] = field(default_factory=dict)
