"""How the graph is walked."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.graph import repository, schemas
from lineage.graph.repository import Direction
from lineage.models import service as model_service
from lineage.models.schemas import Model


async def walk(
    session: AsyncSession, start: UUID, direction: Direction, max_depth: int | None, limit: int
) -> schemas.Walk:
    """Return the nearest `limit` models within `max_depth` steps, and the edges between them.

    Raises ModelNotFound.
    """
    model = await model_service.get(session, start)
    numbers = await repository.reached(session, model.number, direction, limit + 1)
    edges = await repository.edges_among(session, numbers[:limit])
    depths = _depths(model.number, ((edge.child, edge.parent) for edge in edges), direction)
    if max_depth is not None:
        depths = {node: depth for node, depth in depths.items() if depth <= max_depth}
    named = await repository.named(session, depths)
    return schemas.Walk(
        start=start,
        nodes=[
            schemas.Node(id=named[number].id, name=named[number].name, depth=depth)
            for number, depth in depths.items()
        ],
        edges=[
            schemas.Edge(
                **edge._asdict() | {"child": named[edge.child].id, "parent": named[edge.parent].id}
            )
            for edge in edges
            if edge.child in depths and edge.parent in depths
        ],
        truncated=len(numbers) > len(depths),
    )


def _depths(start: int, edges: Iterable[tuple[int, int]], direction: Direction) -> dict[int, int]:
    """The shortest distance of each node from `start`, nearest first (breadth-first search)."""
    onward: dict[int, list[int]] = defaultdict(list)
    for child, parent in edges:
        here, there = (child, parent) if direction == "ancestors" else (parent, child)
        onward[here].append(there)
    depths, queue = {start: 0}, deque([start])
    while queue:
        node = queue.popleft()
        for reached in onward[node]:
            if reached not in depths:
                depths[reached] = depths[node] + 1
                queue.append(reached)
    return depths


async def popular(session: AsyncSession, role: str, limit: int) -> schemas.PopularModels:
    rows = await repository.popular(session, role, limit)
    return schemas.PopularModels(items=[Model.model_validate(row) for row in rows])
