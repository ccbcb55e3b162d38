"""Ancestors, descendants, or both: the models at the end of any number of edges, nearest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

import numpy as np

from lineage.memory.arrays import NOTHING, Numbers
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction
from lineage.questions.levels import among_models, levels

Way = Literal["ancestors", "descendants", "relatives"]
SIDES: dict[Way, tuple[Direction, ...]] = {
    "ancestors": ("ancestors",),
    "descendants": ("descendants",),
    "relatives": ("ancestors", "descendants"),
}
FEW = 32
FROM_START: Place = (-1, 0, 0)

Place = tuple[int, int, int]
"""Where a page ends: the distance, the side (as in SIDES) and the number of its last model."""


@dataclass(frozen=True)
class Band:
    """Models that a walk reached at one distance, on one side of the start, by number."""

    depth: int
    side: Direction
    models: Numbers


@dataclass(frozen=True)
class WalkPage:
    """Some of the models that a walk reaches.

    - `edges`: those between a model of this page and one of this page or of those before.
    - `end`: where the next page begins, if there is one.
    - `truncated`: there is more, on the next page or beyond the greatest distance.
    """

    bands: list[Band]
    edges: Numbers
    end: Place | None
    truncated: bool


def is_short(graph: Graph, start: int, way: Way) -> bool:
    """Whether a walk surely ends after a step along few edges: it takes less than a thread does."""
    first = np.array([start], np.int32)
    for side in SIDES[way]:
        edges = graph.expand(first, side)
        if len(edges) > FEW or np.any(graph.degrees(graph.ends(edges, side), side)):
            return False
    return True


def bands(
    graph: Graph, start: int, way: Way, where: EdgeFilter | None = None
) -> Iterator[tuple[int, Band]]:
    """All that a walk reaches, nearest first, each band with the place of its side.

    The start is a band of its own.
    """
    first = np.array([start], np.int32)
    walks = [levels(graph, first, side, where) for side in SIDES[way]]
    for depth, reached in enumerate(zip_longest(*walks, fillvalue=NOTHING)):
        for place, (side, models) in enumerate(zip(SIDES[way], reached, strict=True)):
            if len(models) and (depth or not place):
                yield place, Band(depth, side, models)


def walk_page(
    graph: Graph,
    start: int,
    way: Way,
    where: EdgeFilter | None = None,
    max_depth: int | None = None,
    after: Place = FROM_START,
    limit: int = 500,
) -> WalkPage:
    """The nearest `limit` models after a place, and the edges that they bring."""
    earlier, page, room, end = [NOTHING], list[Band](), limit, None
    for side, band in bands(graph, start, way, where):
        if not room or (max_depth is not None and band.depth > max_depth):
            return WalkPage(page, _edges(graph, earlier, page, where), end, truncated=True)
        begin = _begin(band, side, after)
        earlier.append(band.models[:begin])
        some = band.models[begin : begin + room]
        room -= len(some)
        if len(some):
            page.append(Band(band.depth, band.side, some))
            end = (band.depth, side, int(some[-1]))
        if begin + len(some) < len(band.models):
            return WalkPage(page, _edges(graph, earlier, page, where), end, truncated=True)
    return WalkPage(page, _edges(graph, earlier, page, where), None, truncated=False)


def _begin(band: Band, side: int, after: Place) -> int:
    """How many models of a band come before the place."""
    depth, last_side, number = after
    if (band.depth, side) == (depth, last_side):
        return int(np.searchsorted(band.models, number, side="right"))
    return len(band.models) if (band.depth, side) < (depth, last_side) else 0


def _edges(
    graph: Graph, earlier: list[Numbers], page: list[Band], where: EdgeFilter | None
) -> Numbers:
    """The edges among all these models that have an end on the page, oldest first.

    They are found from their children, since a model has few parents but may have many children.
    """
    before = np.concatenate(earlier)
    shown = np.concatenate([NOTHING, *(band.models for band in page)])
    every = np.concatenate([before, shown])
    edges = graph.expand(every, "ancestors", where)
    child, parent = graph.edges.child[edges], graph.edges.parent[edges]
    kept = among_models(graph, every)(parent)
    if len(before):
        fresh = among_models(graph, shown)
        kept &= fresh(child) | fresh(parent)
    edges = edges[kept]
    return edges[np.argsort(graph.edges.id[edges])]
