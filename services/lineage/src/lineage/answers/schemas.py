"""The answers about the graph."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from mergehub.contracts.messages import Answer

AS_OF = Field(
    description="The last change of the graph that the answer takes into account; it only grows."
)


class Named(Answer):
    id: UUID
    name: str


class Node(Named):
    """A model on a walk; `depth` is the length of the shortest path from the start.

    `side`: which of its relatives it is. The start is on the first side that was asked for.
    """

    depth: int
    side: str


class Edge(Answer):
    """`child` came from `parent`; digests name the revisions, if they are known.

    The `id` names the edge when a moderator withdraws it.
    `source` is where this was learned, `confidence` (0 to 100) how sure it is, and `evidence` where
    it is written. `made_on` is when the child was made, null if this is not known.
    """

    id: int
    child: UUID
    parent: UUID
    child_digest: str | None
    parent_digest: str | None
    relation: str
    role: str
    method: str | None
    weight: float | None
    density: float | None
    layers: list[tuple[int, int]] | None
    recipe_version: UUID | None
    run: UUID | None
    source: str
    confidence: int
    evidence: str | None
    made_on: date | None


class Walk(Answer):
    """The start (depth 0), the models that were reached from it, and every edge between them.

    On a later page: the next models, and their edges to each other and to those before.
    `truncated`: there is more, on the next page or beyond `max_depth`.
    """

    start: UUID
    nodes: list[Node]
    edges: list[Edge]
    truncated: bool
    next_cursor: str | None
    as_of: int = AS_OF


class Paths(Answer):
    """All shortest paths between two models, in a fixed order; `nodes` and `edges` are theirs.

    `length` is the number of edges of each, null if there is no path. `count` is how many paths
    there are, at most 2^53 - 1.
    """

    start: UUID
    end: UUID
    length: int | None
    count: int
    paths: list[list[UUID]]
    nodes: list[Named]
    edges: list[Edge]
    truncated: bool
    next_cursor: str | None
    as_of: int = AS_OF


class CommonAncestor(Named):
    """`distances`: from each of the models, in the order of the question."""

    distances: list[int]
    children_count: int


class CommonAncestors(Answer):
    """What all of the models came from, nearest first; `nearest` is the first, by `rule`."""

    models: list[Named]
    nearest: CommonAncestor | None
    rule: str
    items: list[CommonAncestor]
    truncated: bool
    next_cursor: str | None
    as_of: int = AS_OF


class Share(Named):
    share: float


class Shares(Answer):
    """How much of the model goes back to each origin (together 1), the largest first, by `rule`.

    `through`: how much of it came through each other ancestor.
    """

    model: Named
    rule: str
    origins: list[Share]
    through: list[Share]
    truncated: bool
    as_of: int = AS_OF


class InheritedLicence(Answer):
    """`path` leads from the model to the nearest one with this licence; `count` have it."""

    licence: str
    path: list[Named]
    count: int


class LicenceConflict(Answer):
    """A licence that is broken.

    `path` leads from the model through the one that breaks it to one that has it; `by` is the first
    on the way down that breaks it, and `licence` its own.
    """

    broken: str
    reason: str
    by: Named
    licence: str
    path: list[Named]


class LicenceExclusion(Answer):
    """Two inherited licences that no licence of the model can keep both."""

    one: InheritedLicence
    other: InheritedLicence


class Licences(Answer):
    """What the model inherits, and what of it is broken, by `rule`.

    `forbidding` are the inherited licences that do not allow derived models to be passed on.
    `unknown`: how many of the model and its ancestors have no known licence.
    """

    model: Named
    licence: str | None
    rule: str
    inherited: list[InheritedLicence]
    forbidding: list[InheritedLicence]
    conflicts: list[LicenceConflict]
    exclusions: list[LicenceExclusion]
    unknown: int
    as_of: int = AS_OF


class InheritedFlag(Answer):
    """A flag; `path` leads from the model to the one on which it was set."""

    id: int
    kind: str
    reason: str
    evidence: str | None
    set_at: datetime
    path: list[Named]


class Contamination(Answer):
    """The flags of the model and of its ancestors, nearest first."""

    model: Named
    flags: list[InheritedFlag]
    truncated: bool
    as_of: int = AS_OF


class Neighbour(Named):
    """A direct parent or child; what is said of the edge is the most certain claim."""

    children_count: int
    relation: str
    role: str
    method: str | None
    weight: float | None
    confidence: int
    made_on: date | None
    licence: str | None
    flagged: bool


class Neighbours(Answer):
    """Direct parents or children, those with the most children first.

    `total` and `counts` (by relation) are of all that the filter keeps, whatever `q` is.
    """

    items: list[Neighbour]
    total: int
    counts: dict[str, int]
    next_cursor: str | None
    as_of: int = AS_OF
