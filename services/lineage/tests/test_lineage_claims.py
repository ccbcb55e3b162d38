"""Contradicting sources are kept side by side, and the strongest claim is shown."""

from __future__ import annotations

import itertools
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lineage_statements import say
from sqlalchemy import delete, select

from lineage import events
from lineage.edges.models import ClaimRow, EdgeRow
from lineage.learning.batch import Batch, Statement, Told
from lineage.learning.claims import Edge, Key
from lineage.learning.service import learn
from lineage.learning.trust import confidence
from lineage.models.models import ModelRow, RevisionRow
from lineage.recount import wrong_counters
from lineage.tables import Base
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.background.resources import Resources

CARD = {"source": "model-card", "relation": "finetune"}
HUB = {"source": "hub-metadata", "relation": "finetune"}
LIST = {"source": "edge-list", "relation": "unknown"}


async def tell(resources: Resources, *told: Statement) -> list[str]:
    async with resources.database.transaction() as session:
        return [each.value for each in (await learn(session, Batch(told))).outcomes]


async def sources(resources: Resources) -> tuple[str, list[str]]:
    """The source that is shown of the only edge, and those of the claims beside it."""
    async with resources.database.transaction() as session:
        (edge,) = (await session.scalars(select(EdgeRow))).all()
        claims = await session.scalars(select(ClaimRow).order_by(ClaimRow.id))
        return edge.source, [claim.source for claim in claims]


@pytest.mark.parametrize(
    ("first", "second", "outcome", "shown"),
    [
        (LIST, {}, "strengthened", "registry"),
        ({}, LIST, "weaker", "registry"),
        (CARD, HUB, "weaker", "model-card"),  # as strong: the earlier one stays
        (LIST, {"source": "a-crawl", "relation": "merge"}, "strengthened", "a-crawl"),
        ({"source": "a-crawl"}, LIST, "weaker", "a-crawl"),  # a known relation is stronger
    ],
)
async def test_of_two_sources_the_stronger_is_shown_and_the_other_kept(
    resources, first, second, outcome, shown
):
    (became,) = (await tell(resources, say("b", "a", **first)))[:1]
    assert became == "added"
    assert await tell(resources, say("b", "a", **second)) == [outcome]
    sources_now = {"registry"} if not (first and second) else set()
    sources_now |= {each["source"] for each in (first, second) if each}
    assert await sources(resources) == (shown, sorted(sources_now - {shown}))


async def test_the_newest_claim_of_a_source_replaces_its_earlier_one(resources):
    await tell(resources, say("b", "a", **CARD), say("b", "a", **LIST))
    assert await tell(resources, say("b", "a", source="edge-list", weight=0.5)) == ["weaker"]
    assert await tell(resources, say("b", "a", source="edge-list", weight=0.5)) == ["known"]
    async with resources.database.transaction() as session:
        (claim,) = (await session.scalars(select(ClaimRow))).all()
    assert (claim.relation, claim.weight) == ("merge", 0.5)


async def test_a_source_that_takes_its_word_back_leaves_the_next_strongest_shown(resources):
    await tell(resources, say("b", "a", **CARD), say("b", "a", **LIST), say("b", "a", **HUB))
    assert await sources(resources) == ("model-card", ["edge-list", "hub-metadata"])
    unsure = say("b", "a", source="model-card", relation="unknown")  # now 50
    assert await tell(resources, unsure) == ["weaker"]
    assert await sources(resources) == ("hub-metadata", ["model-card", "edge-list"])


async def test_counters_follow_the_claim_that_is_shown(resources):
    await tell(resources, say("b", "a", role="base", source="edge-list"))
    counts = select(ModelRow.children_count, ModelRow.base_count).where(ModelRow.name == "a")
    async with resources.database.transaction() as session:
        assert (await session.execute(counts)).one() == (1, 1)
    await tell(resources, say("b", "a", role="base", **CARD))
    async with resources.database.transaction() as session:
        assert (await session.execute(counts)).one() == (1, 0)
        assert await wrong_counters(session) == []


async def test_everything_that_is_told_is_kept(resources):
    told = {
        "method": "dare_ties",
        "weight": 0.25,
        "density": 0.5,
        "layers": ((0, 8), (12, 20)),
        "recipe_version": uuid4(),
        "run": uuid4(),
        "evidence": "https://example.org/card#merge",
        "made_on": date(2024, 5, 1),
    }
    shown = say("b", "a", digests=("sha256:b", "sha256:a"), **told)
    beside = say("b", "a", digests=("sha256:b", "sha256:a"), **told, source="merge-card")
    await tell(resources, beside)
    await tell(resources, shown)
    assert await tell(resources, shown, beside) == ["known", "known"]
    wanted = told | {"layers": [[0, 8], [12, 20]]}
    async with resources.database.transaction() as session:
        (edge,) = (await session.scalars(select(EdgeRow))).all()
        (claim,) = (await session.scalars(select(ClaimRow))).all()
        for row, source, sure in ((edge, "registry", 100), (claim, "merge-card", 80)):
            assert {name: getattr(row, name) for name in wanted} == wanted
            assert (row.source, row.confidence) == (source, sure)
        assert claim.created_at < edge.created_at
        ends = (edge.child_revision, edge.parent_revision)
        digests = [(await session.get_one(RevisionRow, end)).digest for end in ends]
    assert digests == ["sha256:b", "sha256:a"]


KINDS = [CARD, HUB, LIST, {"source": "registry"}, {"source": "model-card", "relation": "unknown"}]
claims = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from([None, 0.5])), min_size=1)


@given(said=claims)
@settings(deadline=None)
def test_what_is_shown_is_the_strongest_of_the_newest_claim_of_each_source(said):
    told = [
        Told(each.get("relation", "merge"), each["source"], 0, weight=weight)
        for each, weight in said
    ]
    told = [each._replace(confidence=confidence(each.source, each.relation)) for each in told]
    edge = Edge(Key(2, 1, None, None, "base"), told[0])
    for each in told[1:]:
        edge.tell(each)
    newest = {each.source: each for each in told}
    best = max(each.strength for each in newest.values())
    assert edge.claims == newest
    assert edge.shown.strength == best
    assert edge.shown == newest[edge.shown.source]
    assert sorted(each.source for each in edge.beside) == sorted(
        newest.keys() - {edge.shown.source}
    )


async def graph(resources: Resources) -> set[tuple[object, ...]]:
    """All edges by the names and digests of their ends, with what is shown of them."""
    async with resources.database.transaction() as session:
        named = await session.execute(select(ModelRow.number, ModelRow.name))
        names = {row.number: row.name for row in named}
        revisions = await session.execute(select(RevisionRow.id, RevisionRow.digest))
        digests = {row.id: row.digest for row in revisions}
        return {
            (
                names[row.child], names[row.parent], digests.get(row.child_revision),
                digests.get(row.parent_revision), row.role, row.relation, row.method, row.weight,
                str(row.layers), row.recipe_version, row.run, row.source, row.confidence,
                row.made_on,
            )
            for row in await session.scalars(select(EdgeRow))
        }  # fmt: skip


@pytest.fixture
def history(registry):
    """Merges of merges, some told again and some against the order."""
    base = Parent(name="base", digest="sha256:base", role="base")
    for number in range(12):
        adapter = Parent(name=f"base+{number % 3}", weight=0.5, base=base)
        before = Parent(name=f"m{number - 1}", weight=number / 8, layers=[(0, number)])
        registry.merge(f"m{number}", base, adapter, before)
    registry.merge("m3", Parent(name="m9"))  # a cycle
    registry.merge("base", Parent(name="origin"))  # below what is known
    registry.merge("m5", base, Parent(name="m4", weight=1.0))
    return registry


async def test_a_batch_of_events_leaves_what_they_leave_one_by_one(resources, history, untouched):
    left = []
    for page in (1, 4, 200):
        consumer = events.consumer(resources)
        consumer.PAGE = page
        await consumer.catch_up()
        left.append(await graph(resources))
        await _forget(resources)
    assert left[0]
    for one, other in itertools.pairwise(left):
        assert one == other


async def test_an_import_and_a_replay_of_the_events_from_zero_agree(resources, history):
    """In any order of import and events, and if the events are applied once more afterwards."""
    imported = [
        say("m1", "base", role="base", **HUB),
        say("m4", "m3", **LIST),
        say("other", "m2", source="merge-card", weight=0.5),
    ]
    left = []
    for first in (True, False):
        if first:
            await tell(resources, *imported)
        await events.consumer(resources).catch_up()
        if not first:
            await tell(resources, *imported)
        left.append(await graph(resources))
        async with resources.database.transaction() as session:
            await events.apply_together(session, history.events)
        assert await graph(resources) == left[-1]
        await _forget(resources)
    assert left[0] == left[1]


async def _forget(resources: Resources) -> None:
    """Empty the tables, as a new hub has them."""
    async with resources.database.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            await session.execute(delete(table))
