"""Answers about two or more models: the paths between them, and what they have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lineage.answers import schemas
from lineage.answers.edges import described
from lineage.answers.named import named
from lineage.memory.arrays import Numbers
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.questions import common as common_question
from lineage.questions.paths import Paths, Ways, shortest_paths
from mergehub.kit.database.database import Database
from mergehub.kit.paging.pages import PageRequest

SAFE_INTEGER = 2**53 - 1  # the largest that JavaScript reads exactly


async def paths(
    database: Database,
    graph: Graph,
    ends: tuple[int, int],
    ways: Ways,
    where: EdgeFilter | None,
    asked: PageRequest,
) -> schemas.Paths:
    """A page of the shortest paths between two models. Raises BadCursor."""
    [begin] = asked.after(int) or (0,)
    found = await asyncio.to_thread(shortest_paths, graph, *ends, ways, where)
    listed = list(found.listed(max(begin, 0), asked.limit))
    end = begin + len(listed)
    models = sorted({model for path in listed for model in path})
    return schemas.Paths(
        start=graph.id(ends[0]),
        end=graph.id(ends[1]),
        length=len(listed[0]) - 1 if listed else None,
        count=min(found.count, SAFE_INTEGER),
        paths=[graph.ids(np.array(path, np.int32)) for path in listed],
        nodes=named(graph, models),
        edges=await described(database, graph, _edges_of(graph, found, listed)),
        truncated=end < found.count,
        next_cursor=asked.next_after(end) if end < found.count else None,
        as_of=graph.as_of,
    )


def _edges_of(graph: Graph, found: Paths, listed: list[list[int]]) -> Numbers:
    """The edges on these paths, oldest first."""
    steps = {frozenset(step) for path in listed for step in pairwise(path)}
    edges, columns = found.edges, graph.edges
    ends = zip(columns.child[edges].tolist(), columns.parent[edges].tolist(), strict=True)
    kept = edges[[frozenset(pair) in steps for pair in ends]]
    return kept[np.argsort(columns.id[kept])]


async def common(
    graph: Graph, models: Sequence[int], where: EdgeFilter | None, asked: PageRequest
) -> schemas.CommonAncestors:
    """A page of the common ancestors of models, nearest first. Raises BadCursor."""
    [begin] = asked.after(int) or (0,)
    found = await asyncio.to_thread(common_question.common_ancestors, graph, models, where)
    end = max(begin, 0) + asked.limit
    items = _common(graph, found, slice(max(begin, 0), end))
    more = end < len(found.models)
    return schemas.CommonAncestors(
        models=named(graph, models),
        nearest=next(iter(_common(graph, found, slice(0, 1))), None),
        rule=common_question.RULE,
        items=items,
        truncated=more,
        next_cursor=asked.next_after(end) if more else None,
        as_of=graph.as_of,
    )


def _common(
    graph: Graph, found: common_question.Common, some: slice
) -> list[schemas.CommonAncestor]:
    models, distances = found.models[some], found.distances[:, some].T.tolist()
    children = graph.models.children_count[models].tolist()
    rows = zip(graph.ids(models), graph.names_of(models), distances, children, strict=True)
    return [
        schemas.CommonAncestor(id=id, name=name, distances=far, children_count=count)
        for id, name, far, count in rows
    ]
