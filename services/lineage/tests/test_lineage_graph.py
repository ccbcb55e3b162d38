"""The graph keeps no cycle, and walks along it find what a plain search finds."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.edges.models import EdgeRow
from lineage.graph import service
from lineage.models import repository as models
from lineage.models.models import ModelRow
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.background.resources import Resources

LEARNED = service.Provenance("registry", None, "linear", None)
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


async def link(resources: Resources, child: str, parent: Parent) -> None:
    async with resources.database.transaction() as session:
        await service.add_edge(
            session,
            await service.ensure_end(session, child, None),
            await service.ensure_end(session, parent.name, parent.digest),
            parent,
            LEARNED,
        )


async def model_of(session: AsyncSession, number: int) -> ModelRow:
    return (await session.scalars(select(ModelRow).where(ModelRow.number == number))).one()


async def grow(resources: Resources, wanted: Pairs) -> tuple[Pairs, dict[int, UUID]]:
    """Add the edges that may be added; return them, and the models' ids by number."""
    prefix, kept = uuid4().hex, []
    async with resources.database.transaction() as session:
        ends = [
            await service.ensure_end(session, f"{prefix}-{number}", None) for number in range(6)
        ]
        for child, parent in wanted:
            told = Parent(name=f"{prefix}-{parent}")
            try:
                await service.add_edge(session, ends[child], ends[parent], told, LEARNED)
                kept.append((child, parent))
            except service.WouldCloseCycle:
                continue
        ids = [(await model_of(session, end.model)).id for end in ends]
    return kept, dict(enumerate(ids))


same_stores = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@given(wanted=pairs)
@same_stores
async def test_exactly_those_edges_that_close_a_cycle_are_refused(resources, wanted):
    allowed: Pairs = []
    for child, parent in wanted:
        if child not in depths(parent, allowed):
            allowed.append((child, parent))
    kept, _ = await grow(resources, wanted)
    assert kept == allowed


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


@given(wanted=pairs)
@same_stores
async def test_counters_tell_distinct_children(resources, wanted):
    kept, ids = await grow(resources, wanted)
    children: dict[int, set[int]] = defaultdict(set)
    for child, parent in kept:
        children[parent].add(child)
    async with resources.database.transaction() as session:
        for number, id in ids.items():
            model = await session.get_one(ModelRow, id)
            assert model.children_count == model.ingredient_count == len(children[number])
            assert model.base_count == 0


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


async def test_of_two_edges_at_once_that_close_a_cycle_one_is_refused(resources):
    for attempt in range(8):
        one, two = f"one-{attempt}", f"two-{attempt}"
        async with resources.database.transaction() as session:
            for name in (one, two):
                await service.ensure_end(session, name, None)
        outcomes = await asyncio.gather(
            link(resources, one, Parent(name=two)),
            link(resources, two, Parent(name=one)),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == [
            "NoneType",
            "WouldCloseCycle",
        ]


async def test_a_model_is_no_parent_of_itself(resources):
    with pytest.raises(service.WouldCloseCycle):
        await link(resources, "same", Parent(name="same", digest="sha256:older"))


async def test_the_same_edge_again_adds_and_counts_nothing(resources):
    for _ in range(3):
        await link(resources, "child", Parent(name="parent", digest="sha256:a"))
    await link(resources, "child", Parent(name="parent", digest="sha256:b"))
    async with resources.database.transaction() as session:
        assert len((await session.scalars(select(EdgeRow))).all()) == 2
        parent = await model_of(session, (await models.ensure(session, "parent")).number)
        assert parent.children_count == parent.ingredient_count == 1


async def test_a_ladder_of_diamonds_is_walked_at_once(resources):
    """2^24 paths lead to the bottom; a walk along each of them would not end."""
    async with resources.database.transaction() as session:
        rungs = [
            [await service.ensure_end(session, f"{rung}-{side}", None) for side in "ab"]
            for rung in range(25)
        ]
        for upper, lower in itertools.pairwise(rungs):
            for child, parent in itertools.product(upper, lower):
                await service.add_edge(session, child, parent, Parent(name="below"), LEARNED)
        top = (await model_of(session, rungs[0][0].model)).id
        async with asyncio.timeout(5):
            walk = await service.walk(session, top, "ancestors", None, 500)
    assert len(walk.nodes) == 49
    assert walk.nodes[-1].depth == 24
