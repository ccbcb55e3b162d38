"""Walks along the graph find what a plain search finds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lineage_statements import say
from sqlalchemy import select

from lineage.graph import service
from lineage.learning.batch import Batch, Outcome
from lineage.learning.service import learn
from lineage.models.models import ModelRow
from mergehub.kit.background.resources import Resources

Pairs = list[tuple[int, int]]

pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=16)


def depths(start: int, edges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Reference: relax every edge until no distance shrinks (Bellman-Ford)."""
    found = {start: 0}
    edges = list(edges)
    for _ in edges:
        for here, there in edges:
            if here in found:
                found[there] = min(found.get(there, len(edges)), found[here] + 1)
    return found


async def grow(resources: Resources, wanted: Pairs) -> tuple[Pairs, dict[int, UUID]]:
    """Add the edges that may be added; return them, and the models' ids by number."""
    prefix = uuid4().hex
    told = [say(f"{prefix}-{child}", f"{prefix}-{parent}") for child, parent in wanted]
    told += [say(f"{prefix}-{number}", f"{prefix}-{number}") for number in range(6)]
    async with resources.database.transaction() as session:
        report = await learn(session, Batch(told))
        query = select(ModelRow.name, ModelRow.id).where(ModelRow.name.startswith(prefix))
        ids = {int(row.name[-1]): row.id for row in await session.execute(query)}
    outcomes = zip(wanted, report.outcomes, strict=False)
    return [pair for pair, outcome in outcomes if outcome is not Outcome.REFUSED], ids


same_stores = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@given(wanted=pairs)
@same_stores
async def test_walks_reach_what_a_plain_search_reaches(resources, wanted):
    kept, ids = await grow(resources, wanted)
    backwards = [(parent, child) for child, parent in kept]
    async with resources.database.transaction() as session:
        for number, id in ids.items():
            for direction, edges in (("ancestors", kept), ("descendants", backwards)):
                walk = await service.walk(session, id, direction, None, 100)
                reached = depths(number, edges)
                assert {node.id: node.depth for node in walk.nodes} == {
                    ids[other]: depth for other, depth in reached.items()
                }
                assert {(edge.child, edge.parent) for edge in walk.edges} == {
                    (ids[child], ids[parent])
                    for child, parent in kept
                    if {child, parent} <= reached.keys()
                }
                assert not walk.truncated


@given(wanted=pairs, limit=st.integers(1, 6), max_depth=st.none() | st.integers(1, 4))
@same_stores
async def test_a_cut_walk_keeps_the_nearest_and_says_so(resources, wanted, limit, max_depth):
    kept, ids = await grow(resources, wanted)
    async with resources.database.transaction() as session:
        walk = await service.walk(session, ids[0], "ancestors", max_depth, limit)
    reached = depths(0, kept)
    within = sorted(d for d in reached.values() if max_depth is None or d <= max_depth)[:limit]
    assert [node.depth for node in walk.nodes] == within
    assert walk.truncated == (len(walk.nodes) < len(reached))


async def test_a_ladder_of_diamonds_is_walked_at_once(resources):
    """2^24 paths lead to the bottom; a walk along each of them would not end."""
    rungs = [[f"{rung}-{side}" for side in "ab"] for rung in range(25)]
    told = [
        say(child, parent)
        for upper, lower in itertools.pairwise(rungs)
        for child, parent in itertools.product(upper, lower)
    ]
    async with resources.database.transaction() as session:
        await learn(session, Batch(told))
        top = (await session.scalars(select(ModelRow.id).where(ModelRow.name == "0-a"))).one()
        walk = await service.walk(session, top, "ancestors", None, 500)
    assert len(walk.nodes) == 49
    assert walk.nodes[-1].depth == 24
