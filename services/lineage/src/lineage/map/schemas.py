"""The answer that is a map, as JSON."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mergehub.contracts.messages import Answer


class MapNodes(Answer):
    """The models of a map, the most important first: a list for each fact.

    - `x`, `y`, `size`: the place of a node, and its radius.
    - `depth`: the layer; negative for ancestors of the focus.
    - `kind`, `family`, `licence`: places in the lists of the map.
    - `children`, `parents`: how many there are in all, shown or not.
    - `importance`: from 0 to 1, by the number of children.
    - `flagged`: 1 if a moderator has warned of the model.
    - `score`, `uplift`: from the leaderboard: the score from 0 to 100, and the points gained over
      the best ingredient; null without one.
    """

    id: list[UUID]
    name: list[str]
    x: list[float]
    y: list[float]
    size: list[float]
    depth: list[int]
    kind: list[int]
    family: list[int]
    licence: list[int]
    children: list[int]
    parents: list[int]
    importance: list[float]
    flagged: list[int]
    score: list[float | None]
    uplift: list[float | None]


class MapEdges(Answer):
    """The edges of a map; `child` and `parent` are places among the nodes."""

    child: list[int]
    parent: list[int]
    relation: list[int]
    method: list[int]
    weight: list[float | None]


class MapCluster(Answer):
    """So many children of a node, with this relation, that are not shown one by one."""

    parent: int
    relation: int
    count: int
    x: float
    y: float
    size: float


class Map(Answer):
    """A map in columns. `truncated`: `limit` left models out.

    `as_of` is the last change that it takes into account, and `scores_as_of` the last one of a
    score; null without a leaderboard.
    """

    as_of: int
    scores_as_of: datetime | None
    focus: UUID | None
    truncated: bool
    nodes: MapNodes
    edges: MapEdges
    clusters: list[MapCluster]
    kinds: list[str]
    families: list[str]
    licences: list[str | None]
    relations: list[str]
    methods: list[str | None]


class GraphState(Answer):
    """How new the graph is, and how new its scores are; null if no score is known."""

    as_of: int
    scores_as_of: datetime | None
