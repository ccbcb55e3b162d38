"""The graph that is learned has no cycle, whoever writes at once, and its counters are true."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lineage_statements import say
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from lineage.edges.models import ChangeRow, ClaimRow, EdgeRow, RefusedEdgeRow
from lineage.learning import changes, model_rows
from lineage.learning.batch import Batch, Outcome, Statement
from lineage.learning.counting import Counts
from lineage.learning.service import learn
from lineage.models.models import CounterRow, ModelRow
from lineage.recount import misordered, repair, wrong_counters
from mergehub.kit.background.resources import Resources

Pairs = list[tuple[int, int]]
MODELS = 6
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE application_name = current_schema() AND wait_event_type = 'Lock'"
)
pairs = st.lists(st.tuples(st.integers(0, MODELS - 1), st.integers(0, MODELS - 1)), max_size=16)
same_stores = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


async def tell(resources: Resources, *told: Statement) -> list[Outcome]:
    async with resources.database.transaction() as session:
        return (await learn(session, Batch(told))).outcomes


async def stored(session: AsyncSession, prefix: str = "") -> set[tuple[str, str]]:
    """The children and parents of all edges, by name."""
    child, parent = aliased(ModelRow), aliased(ModelRow)
    query = (
        select(child.name, parent.name)
        .select_from(EdgeRow)
        .join(child, child.number == EdgeRow.child)
        .join(parent, parent.number == EdgeRow.parent)
        .where(child.name.startswith(prefix))
    )
    return {(one, two) for one, two in await session.execute(query)}


def ancestors(of: str, edges: Iterable[tuple[str, str]]) -> set[str]:
    """Reference: every model that a search upwards finds, `of` included."""
    above = defaultdict(set)
    for child, parent in edges:
        above[child].add(parent)
    found, left = {of}, [of]
    while left:
        new = above[left.pop()] - found
        found |= new
        left += new
    return found


def acyclic(edges: set[tuple[str, str]]) -> bool:
    """Reference: models without parents can be taken away until none is left."""
    left = set(edges)
    while left:
        children = {child for child, _ in left}
        kept = {(child, parent) for child, parent in left if parent in children}
        if len(kept) == len(left):
            return False
        left = kept
    return True


@given(wanted=pairs, cuts=st.sets(st.integers(0, 16)))
@same_stores
async def test_exactly_those_edges_that_close_a_cycle_are_refused(resources, wanted, cuts):
    """However they are spread over batches."""
    prefix = uuid4().hex
    named = [(f"{prefix}-{child}", f"{prefix}-{parent}") for child, parent in wanted]
    allowed: list[tuple[str, str]] = []
    for child, parent in named:
        if child not in ancestors(parent, allowed):
            allowed.append((child, parent))
    outcomes: list[Outcome] = []
    for start, end in itertools.pairwise(sorted({0, len(named)} | cuts)):
        outcomes += await tell(resources, *(say(*pair) for pair in named[start:end]))
    kept = [pair for pair, what in zip(named, outcomes, strict=True) if what != "refused"]
    assert kept == allowed
    async with resources.database.transaction() as session:
        assert await stored(session, prefix) == set(allowed)
        assert await misordered(session) == []
        assert await wrong_counters(session) == []


@pytest.mark.parametrize("seed", range(4))
async def test_many_writers_at_once_leave_a_true_graph(resources, seed):
    """Every statement is an edge or refused, no cycle arises, and no writer waits for ever."""
    random = Random(seed)
    names = [f"m{number}" for number in range(30)]
    batches = [
        [
            say(*random.choices(names, k=2), role=random.choice(["base", "ingredient"]))
            for _ in range(random.randint(1, 12))
        ]
        for _ in range(60)
    ]
    busy = asyncio.Semaphore(8)  # connections

    async def write(told: list[Statement]) -> list[Outcome]:
        async with busy:
            return await tell(resources, *told)

    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(*map(write, batches))
    async with resources.database.transaction() as session:
        edges = await stored(session)
        assert acyclic(edges)
        assert await misordered(session) == []
        assert await wrong_counters(session) == []
        refused = await session.scalar(select(func.count()).select_from(RefusedEdgeRow))
    assert refused
    for told, became in zip(itertools.chain(*batches), itertools.chain(*outcomes), strict=True):
        pair = (told.child, told.parent)
        assert (pair in edges) == (became != "refused")
        if became == "refused":
            assert told.child in ancestors(told.parent, edges)


async def test_writers_of_the_same_edges_at_once_count_each_once(resources):
    """All of them suit the order, so nothing but the rows of the models keeps writers apart."""
    chain = [f"m{number}" for number in range(8)]
    await tell(resources, *(say(*pair) for pair in itertools.pairwise(reversed(chain))))
    above = [(child, parent) for parent, child in itertools.combinations(chain, 2)]
    random = Random(1)
    for _ in range(4):
        batches = [
            [say(*pair, role=random.choice(["base", "ingredient"])) for pair in above]
            for _ in range(8)
        ]
        for batch in batches:
            random.shuffle(batch)
        await asyncio.gather(*(tell(resources, *batch) for batch in batches))
        async with resources.database.transaction() as session:
            assert await stored(session) == set(above)
            assert await wrong_counters(session) == []
            for table in (ClaimRow, EdgeRow):
                await session.execute(delete(table))
            await repair(session)


async def test_new_children_of_the_same_parents_at_once_are_all_counted(resources):
    """Parents of new models are locked as they are counted, others before their edges are read."""
    parents = [f"parent-{number}" for number in range(40)]
    await tell(resources, *(say(each, "root") for each in parents))
    random = Random(2)

    async def write(writer: int) -> None:
        for turn in range(4):
            children = [say(f"{writer}-{turn}-{each}", each) for each in parents]
            again = [say(each, "root", method="ties") for each in parents if writer % 2]
            random.shuffle(told := children + again)
            await tell(resources, *told)

    async with asyncio.timeout(60):
        await asyncio.gather(*map(write, range(6)))
    async with resources.database.transaction() as session:
        assert await wrong_counters(session) == []
        counts = select(ModelRow.children_count).where(ModelRow.name.in_(parents))
        assert set(await session.scalars(counts)) == {24}


async def test_counters_change_in_the_order_of_the_models(resources):
    """Otherwise two writers could wait for each other."""
    await tell(resources, say("b", "a"), say("c", "b"))
    one_more = Counts(1, 0, 0)
    async with resources.database.transaction() as holder:
        numbers = select(CounterRow.model).order_by(CounterRow.model)
        low, high = await holder.scalars(numbers)
        await holder.execute(select(CounterRow).where(CounterRow.model == high).with_for_update())

        async def count() -> None:
            async with resources.database.transaction() as session:
                await model_rows.count(session, {high: one_more, low: one_more})

        counting = asyncio.create_task(count())
        async with asyncio.timeout(60), resources.database.reading() as session:
            while not await session.scalar(WAITING):
                assert not counting.done()
        free = select(CounterRow.model).with_for_update(skip_locked=True)
        assert list(await holder.scalars(free)) == [high]
    await counting


async def test_new_children_of_the_same_new_revision_at_once(resources):
    await tell(resources, say("base", "root"))
    one, two = (say(each, "base", digests=(None, "sha256:new")) for each in ("one", "two"))
    async with resources.database.transaction() as older:
        await learn(older, Batch([one]))
        younger = asyncio.create_task(tell(resources, two))
        async with asyncio.timeout(60), resources.database.reading() as session:
            while not await session.scalar(WAITING):
                assert not younger.done()
    assert await younger == ["added"]


async def test_of_two_halves_of_a_cycle_at_once_exactly_one_is_refused(resources):
    for attempt in range(8):
        one, two = f"one-{attempt}", f"two-{attempt}"
        if attempt % 2:  # the models are known already, or new to both writers
            await tell(resources, say(one, f"base-{attempt}"), say(two, f"base-{attempt}"))
        outcomes = await asyncio.gather(
            tell(resources, say(one, two)), tell(resources, say(two, one))
        )
        assert sorted(itertools.chain(*outcomes)) == ["added", "refused"]


async def test_halves_of_longer_cycles_at_once_leave_all_but_one(resources):
    for size in (3, 5, 8):
        ring = [f"{size}-{number}" for number in range(size)]
        told = [say(child, parent) for child, parent in zip(ring, ring[1:] + ring[:1], strict=True)]
        outcomes = await asyncio.gather(*(tell(resources, each) for each in told))
        assert sorted(itertools.chain(*outcomes)) == ["added"] * (size - 1) + ["refused"]


async def test_a_model_is_not_a_parent_of_itself(resources):
    told = say("same", "SAME", digests=("sha256:new", "sha256:old"))
    assert await tell(resources, told) == ["refused"]


async def test_the_same_edge_again_adds_and_counts_nothing(resources):
    one, two = (say("child", "parent", digests=(None, f"sha256:{each}")) for each in "ab")
    outcomes = [await tell(resources, each) for each in (one, one, two)] + [
        await tell(resources, one, two, one)
    ]
    assert outcomes == [["added"], ["known"], ["added"], ["known"] * 3]
    async with resources.database.transaction() as session:
        query = select(ModelRow).where(ModelRow.name == "parent")
        parent = (await session.scalars(query)).one()
        assert parent.children_count == parent.ingredient_count == 1
        assert await session.scalar(select(func.count()).select_from(ChangeRow)) == 2


async def test_numbers_are_dense_although_names_are_told_again(resources):
    for _ in range(3):
        await tell(resources, *(say(f"child-{number}", "parent") for number in range(5)))
    async with resources.database.transaction() as session:
        numbers = sorted(await session.scalars(select(ModelRow.number)))
    assert numbers == list(range(numbers[0], numbers[0] + 6))


async def test_a_dry_run_says_the_same_and_changes_nothing(resources):
    told = [say("b", "a"), say("c", "b"), say("a", "c"), say("b", "a", source="edge-list")]
    await tell(resources, say("a", "root"))

    async def rows() -> list[int | None]:
        async with resources.database.transaction() as session:
            tables = (ModelRow, EdgeRow, RefusedEdgeRow, ChangeRow)
            return [await session.scalar(select(func.count()).select_from(t)) for t in tables]

    before = await rows()
    async with resources.database.transaction() as session:
        dry = await learn(session, Batch(told), dry_run=True)
    assert await rows() == before
    assert dry.outcomes == await tell(resources, *told) == ["added", "added", "refused", "weaker"]
    assert len(dry.added) == 2


async def test_the_log_of_changes_is_kept_for_a_day(resources):
    for number in range(3):
        await tell(resources, say("b", f"a{number}"))
    async with resources.database.transaction() as session:
        first = select(func.min(ChangeRow.id)).scalar_subquery()
        old = {"created_at": func.now() - timedelta(hours=25)}
        await session.execute(update(ChangeRow).where(ChangeRow.id == first).values(old))
    for gone in (1, 0):
        async with resources.database.transaction() as session:
            assert await changes.LOG.prune(session) == gone


async def test_a_change_is_logged_for_the_graphs_in_memory(resources):
    await tell(resources, say("b", "a"))
    await tell(resources, say("c", "b"))
    async with resources.database.transaction() as session:
        numbers = {
            row.name: row.number
            for row in await session.execute(select(ModelRow.name, ModelRow.number))
        }
        logged = (await session.scalars(select(ChangeRow).order_by(ChangeRow.id))).all()
        edges = (await session.scalars(select(EdgeRow.id).order_by(EdgeRow.id))).all()
    new = [{numbers["a"], numbers["b"]}, {numbers["c"]}]
    assert [set(each.models) for each in logged] == new
    assert [each.edges for each in logged] == [[edge] for edge in edges]
    assert logged[0].xid < logged[1].xid
