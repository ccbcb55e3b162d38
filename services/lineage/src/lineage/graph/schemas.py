"""The responses about the graph."""

from __future__ import annotations

from uuid import UUID

from lineage.models.schemas import Model
from mergehub.contracts.messages import Answer


class Node(Answer):
    """A model on a walk; `depth` is the length of the shortest path from the start."""

    id: UUID
    name: str
    depth: int


class Edge(Answer):
    """`child` came from `parent`; digests name the revisions, if they are known."""

    child: UUID
    parent: UUID
    child_digest: str | None
    parent_digest: str | None
    relation: str
    role: str
    method: str | None
    weight: float | None
    layers: list[tuple[int, int]] | None
    recipe_version: UUID | None
    run: UUID | None
    source: str


class Walk(Answer):
    """The start (depth 0), the models that were reached from it, and every edge between them.

    `truncated`: there is more beyond `max_depth` or `limit`; walk on from the outermost nodes.
    """

    start: UUID
    nodes: list[Node]
    edges: list[Edge]
    truncated: bool


class PopularModels(Answer):
    items: list[Model]
