"""All shortest paths between two models: how many there are, and each of them in turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lineage.memory.arrays import NOTHING, Flags, Numbers, distinct
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction
from lineage.questions.levels import marks

Ways = Literal["lineage", "any"]
Sides = tuple[Direction, ...]
UP: Sides = ("ancestors",)
DOWN: Sides = ("descendants",)
EITHER: Sides = ("ancestors", "descendants")


@dataclass(frozen=True)
class Stage:
    """Edges that lead one step further, and the models that they come from and go to."""

    edges: Numbers
    come: Numbers
    go: Numbers

    def only(self, kept: Flags) -> Stage:
        return Stage(self.edges[kept], self.come[kept], self.go[kept])

    def turned(self) -> Stage:
        return Stage(self.edges, self.go, self.come)


@dataclass(frozen=True)
class Paths:
    """The shortest paths from one model to another, as steps between models.

    - `steps`: for each model on a path but the last, those that may come next, by number.
    - `counts`: how many paths lead from each model to the end.
    - `edges`: the edges on the paths.
    """

    start: int
    end: int
    steps: dict[int, list[int]]
    counts: dict[int, int]
    edges: Numbers

    @property
    def count(self) -> int:
        """How many shortest paths there are."""
        return self.counts.get(self.start, 0)

    def listed(self, begin: int, limit: int) -> Iterator[list[int]]:
        """The paths from the one with this place on, in the order of their models' numbers."""
        for place in range(begin, min(begin + limit, self.count)):
            yield self._path(place)

    def _path(self, place: int) -> list[int]:
        path = [self.start]
        while path[-1] != self.end:
            for following in self.steps[path[-1]]:
                if place < self.counts[following]:
                    path.append(following)
                    break
                place -= self.counts[following]
        return path


def shortest_paths(
    graph: Graph, start: int, end: int, ways: Ways = "lineage", where: EdgeFilter | None = None
) -> Paths:
    """The shortest paths from `start` to `end`.

    `lineage`: along a line of descent, up or down. `any`: along edges in either direction, so that
    two models meet at what they share.
    """
    if ways == "any":
        return _assembled(start, end, _stages(graph, start, end, EITHER, EITHER, where))
    stages = _stages(graph, start, end, UP, DOWN, where)
    if stages is None:
        stages = _stages(graph, start, end, DOWN, UP, where)
    return _assembled(start, end, stages)


class _Search:
    """Walks from one end, a level at a time."""

    def __init__(self, graph: Graph, start: int, sides: Sides, where: EdgeFilter | None) -> None:
        self.level = np.array([start], np.int32)
        self.seen = marks(graph, self.level)
        self.passed: list[Stage] = []
        self._graph, self._sides, self._where = graph, sides, where

    @property
    def cost(self) -> int:
        """How many edges the next step follows."""
        return sum(int(self._graph.degrees(self.level, side).sum()) for side in self._sides)

    def step(self) -> None:
        """Go on to the models that were not seen."""
        graph, found = self._graph, []
        for side in self._sides:
            edges = graph.expand(self.level, side, self._where)
            edges = edges[~self.seen[graph.ends(edges, side)]]
            found.append((edges, graph.starts(edges, side), graph.ends(edges, side)))
        self.passed.append(Stage(*(np.concatenate(each) for each in zip(*found, strict=True))))
        self.level = distinct(self.passed[-1].go)
        self.seen[self.level] = True


def _stages(
    graph: Graph, start: int, end: int, onward: Sides, back: Sides, where: EdgeFilter | None
) -> list[Stage] | None:
    """The steps of all shortest paths, from the start; None if no path leads to the end.

    Two searches walk towards each other, and the one goes on that has less to do: so they rarely
    follow all the edges of a hub.
    """
    one, other = _Search(graph, start, onward, where), _Search(graph, end, back, where)
    while True:
        met = one.level[other.seen[one.level]]
        if len(met):
            last = _leading_to(met, other.passed)
            return _leading_to(met, one.passed) + [each.turned() for each in reversed(last)]
        if not len(one.level) or not len(other.level):
            return None
        min(one, other, key=lambda search: search.cost).step()


def _leading_to(goals: Numbers, passed: list[Stage]) -> list[Stage]:
    """Of each stage the edges on a path to one of the goals."""
    kept = []
    for stage in reversed(passed):
        kept.append(stage.only(np.isin(stage.go, goals)))
        goals = distinct(kept[-1].come)
    return kept[::-1]


def _assembled(start: int, end: int, stages: list[Stage] | None) -> Paths:
    if stages is None:
        return Paths(start, end, {}, {}, NOTHING)
    steps: dict[int, set[int]] = defaultdict(set)
    counts = {end: 1}
    for stage in reversed(stages):
        for here, there in zip(stage.come.tolist(), stage.go.tolist(), strict=True):
            steps[here].add(there)
        for here in set(stage.come.tolist()):
            counts[here] = sum(counts[there] for there in steps[here])
    edges = np.concatenate([NOTHING, *(stage.edges for stage in stages)])
    return Paths(start, end, {here: sorted(on) for here, on in steps.items()}, counts, edges)
