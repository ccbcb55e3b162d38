"""Bodies of the lineage. Written by `make documents`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Correction(TypedDict):
    """A value that was taken for another one."""

    line: int
    field: str
    was: str
    now: str
    reason: str


class Edge(TypedDict):
    """`child` came from `parent`; digests name the revisions, if they are known."""

    child: str
    parent: str
    child_digest: str | None
    parent_digest: str | None
    relation: str
    role: str
    method: str | None
    weight: float | None
    layers: list[list[Any]] | None
    recipe_version: str | None
    run: str | None
    source: str


class EdgeCounts(TypedDict):
    """`strengthened`: the row is now what the graph shows; `weaker`: it is kept beside that."""

    added: int
    known: int
    strengthened: int
    weaker: int
    skipped: int


class ImportCreate(TypedDict):
    """At most 10,000 rows. Importing the same rows again changes nothing."""

    source: NotRequired[str]
    dry_run: NotRequired[bool]
    edges: NotRequired[list[ImportedEdge]]
    models: NotRequired[list[ImportedModel]]


class ImportReport(TypedDict):
    """What became of the rows."""

    dry_run: bool
    edges: EdgeCounts
    models: ModelCounts
    corrected: list[Correction]
    skipped: list[Skipped]


class ImportedEdge(TypedDict):
    """`child` came from `parent`."""

    child: str
    parent: str
    relation: NotRequired[
        Literal["merge", "finetune", "adapter", "quantized", "distilled", "unknown"]
    ]
    role: NotRequired[Literal["base", "ingredient"] | None]
    method: NotRequired[str | None]
    weight: NotRequired[float | None]
    density: NotRequired[float | None]
    layers: NotRequired[list[list[Any]] | None]
    child_digest: NotRequired[str | None]
    parent_digest: NotRequired[str | None]
    made_on: NotRequired[str | None]
    evidence: NotRequired[str | None]
    source: NotRequired[str | None]
    line: NotRequired[int | None]


class ImportedModel(TypedDict):
    """Facts about a model; null says nothing."""

    name: str
    architecture: NotRequired[str | None]
    parameters: NotRequired[int | None]
    tokenizer: NotRequired[str | None]
    licence: NotRequired[str | None]
    domains: NotRequired[list[str]]
    made_on: NotRequired[str | None]
    line: NotRequired[int | None]


class Model(TypedDict):
    """A model and how often it was used: each count is of distinct children.

    `alias_of` is the model that now has this name, in another spelling."""

    id: str
    name: str
    children_count: int
    base_count: int
    ingredient_count: int
    created_at: str
    alias_of: str | None


class ModelCounts(TypedDict):
    added: int
    changed: int


class ModelDetail(TypedDict):
    """A model with its names and revisions, oldest first."""

    id: str
    name: str
    children_count: int
    base_count: int
    ingredient_count: int
    created_at: str
    alias_of: str | None
    names: list[ModelName]
    revisions: list[Revision]
    refused_parents: list[RefusedParent]


class ModelName(TypedDict):
    name: str
    since: str


class ModelPage(TypedDict):
    """Sorted by name."""

    items: list[Model]
    next_cursor: str | None


class Node(TypedDict):
    """A model on a walk; `depth` is the length of the shortest path from the start."""

    id: str
    name: str
    depth: int


class PopularModels(TypedDict):
    items: list[Model]


class RefusedParent(TypedDict):
    """A parent that was reported but is not in the graph, and why."""

    parent: str
    name: str
    relation: str
    role: str
    run: str | None
    reason: str
    created_at: str


class Revision(TypedDict):
    id: str
    digest: str
    created_at: str


class Skipped(TypedDict):
    """A row that was not taken over; for a row about a model, `child` is its name."""

    line: int
    child: str
    parent: str | None
    code: Literal["empty-name", "malformed-name", "self-loop", "cycle"]
    reason: str


class Walk(TypedDict):
    """The start (depth 0), the models that were reached from it, and every edge between them.

    `truncated`: there is more beyond `max_depth` or `limit`; walk on from the outermost nodes."""

    start: str
    nodes: list[Node]
    edges: list[Edge]
    truncated: bool


class Problem(TypedDict):
    """The body of every error answer. `code` is stable; `type` is the page that explains it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldFault]


class FieldFault(TypedDict):
    """One fault in a request; `pointer` is a JSON pointer (RFC 6901) into it.

    `line`, from 1, is the line in a recipe's text, if it is known."""

    pointer: str
    code: str
    detail: str
    suggestion: str | None
    line: int | None
