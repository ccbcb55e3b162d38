"""Answers about direct parents and children."""

from __future__ import annotations

import asyncio
from itertools import islice

from lineage.answers import schemas
from lineage.answers.edges import day, known
from lineage.answers.parameters import At
from lineage.memory.columns import RELATIONS, ROLES
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction
from lineage.questions import neighbours as question
from mergehub.kit.paging.pages import PageRequest


async def neighbours(
    at: At, direction: Direction, where: EdgeFilter | None, q: str | None, asked: PageRequest
) -> schemas.Neighbours:
    """A page of direct neighbours, most important first. Raises BadCursor."""
    graph, after = at.graph, asked.after(int, int) or question.FROM_FIRST
    found, positions = await asyncio.to_thread(
        _page, at, direction, where, q, (after[0], after[1]), asked.rows
    )
    shown, next_cursor = asked.cut(positions, lambda position: found.place(graph, position))
    return schemas.Neighbours(
        items=[_neighbour(graph, found, position) for position in shown],
        total=len(found.models),
        counts=found.counts,
        next_cursor=next_cursor,
        as_of=graph.as_of,
    )


def _page(
    at: At,
    direction: Direction,
    where: EdgeFilter | None,
    q: str | None,
    after: question.Importance,
    rows: int,
) -> tuple[question.Neighbours, list[int]]:
    found = question.neighbours(at.graph, at.number, direction, where)
    return found, list(islice(found.from_place(at.graph, after, q), rows))


def _neighbour(graph: Graph, found: question.Neighbours, position: int) -> schemas.Neighbour:
    model, edge = int(found.models[position]), int(found.edges[position])
    models, edges, codes = graph.models, graph.edges, graph.codes
    return schemas.Neighbour(
        id=graph.id(model),
        name=graph.name(model),
        children_count=int(models.children_count[model]),
        relation=RELATIONS[edges.relation[edge]],
        role=ROLES[edges.role[edge]],
        method=codes.method[edges.method[edge]] or None,
        weight=known(float(edges.weight[edge])),
        confidence=int(edges.confidence[edge]),
        made_on=day(int(edges.made_on[edge])),
        licence=codes.licence[models.licence[model]] or None,
        flagged=bool(models.flagged[model]),
    )
