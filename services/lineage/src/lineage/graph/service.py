"""The rules of the graph: which edges may be added, and how it is walked."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.graph import repository, schemas
from lineage.graph.repository import Direction
from lineage.models import refusals
from lineage.models import repository as models
from lineage.models import service as model_service
from lineage.models.schemas import Model
from mergehub.contracts.events import ModelProduced
from mergehub.contracts.kinds.merge import Parent

log = structlog.get_logger()


class WouldCloseCycle(Exception):
    """The child is already an ancestor of the parent, or the parent itself."""


@dataclass(frozen=True)
class End:
    """One end of an edge: a model and one of its revisions."""

    model: int
    revision: UUID | None


@dataclass(frozen=True)
class Provenance:
    """The source of an edge; the method and the recipe version say how a merge was made."""

    source: str
    run: UUID | None
    method: str | None
    recipe_version: UUID | None


async def ensure_end(session: AsyncSession, name: str, digest: str | None) -> End:
    """Return the model of this name and its revision, and create what is new."""
    model = await models.ensure(session, name)
    if digest is None:
        return End(model.number, None)
    return End(model.number, await models.ensure_revision(session, model.id, digest))


async def learn_production(session: AsyncSession, produced: ModelProduced, source: str) -> None:
    """Store a merge: its model, its revision and its parents.

    A parent that would close a cycle is recorded as refused; the others are kept.
    """
    child = await ensure_end(session, produced.name, produced.digest)
    merged = Provenance(source, produced.run, produced.method, produced.recipe_version)
    for parent in produced.parents:
        await _learn_parent(session, child, parent, merged)


async def _learn_parent(
    session: AsyncSession, child: End, parent: Parent, provenance: Provenance
) -> None:
    end = await ensure_end(session, parent.name, parent.digest)
    try:
        await add_edge(session, child, end, parent, provenance)
    except WouldCloseCycle as refused:
        await _refuse(session, child, end, parent, provenance, str(refused))
    if parent.base is not None:
        base = parent.base.model_copy(update={"relation": "adapter", "role": "base"})
        learned = Provenance(provenance.source, provenance.run, method=None, recipe_version=None)
        await _learn_parent(session, end, base, learned)


async def add_edge(
    session: AsyncSession, child: End, parent: End, told: Parent, provenance: Provenance
) -> None:
    """Add the edge and count it, unless it exists.

    Raises WouldCloseCycle, also if two concurrent callers would close a cycle together.
    """
    await repository.lock(session)
    if await repository.is_ancestor(session, child.model, of=parent.model):
        raise WouldCloseCycle("The child is already an ancestor of this parent, or is the parent.")
    made = {
        "child_revision": child.revision,
        "parent_revision": parent.revision,
        "confidence": 100,
        "weight": told.weight,
        "layers": told.layers,
        "method": provenance.method,
        "recipe_version": provenance.recipe_version,
    }
    edge = await repository.insert_edge(session, _claim(child, parent, told, provenance) | made)
    if edge is not None:
        await repository.count_edge(session, edge)


async def _refuse(
    session: AsyncSession,
    child: End,
    parent: End,
    told: Parent,
    provenance: Provenance,
    reason: str,
) -> None:
    log.warning("edge.refused", child=str(child.model), parent=told.name, reason=reason)
    claim = _claim(child, parent, told, provenance)
    await refusals.keep(session, claim | {"reason": reason})


def _claim(child: End, parent: End, told: Parent, provenance: Provenance) -> dict[str, Any]:
    """Return the columns that a kept edge and a refused one have in common."""
    return {
        "child": child.model,
        "parent": parent.model,
        "relation": told.relation,
        "role": told.role,
        "run": provenance.run,
        "source": provenance.source,
    }


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
