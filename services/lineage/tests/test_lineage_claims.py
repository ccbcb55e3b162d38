"""Contradicting sources are kept side by side, and the strongest claim is shown."""

from __future__ import annotations

import itertools
from datetime import date
from random import Random
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lineage_statements import say
from sqlalchemy import delete, select

from lineage import events
from lineage.edges.models import ClaimRow, EdgeRow
from lineage.learning.batch import Batch, Statement, Told, usual_role
from lineage.learning.claims import Key
from lineage.learning.edges import Edges
from lineage.learning.service import learn
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
        (CARD, HUB, "strengthened", "hub-metadata"),  # as strong: the first by name
        (HUB, CARD, "weaker", "hub-metadata"),
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


async def test_a_source_that_says_less_than_before_takes_nothing_back(resources):
    """Otherwise the order in which a source's files are imported would decide."""
    await tell(resources, say("b", "a", **CARD), say("b", "a", **LIST))
    assert await tell(resources, say("b", "a", source="model-card", relation="unknown")) == [
        "known"
    ]
    assert await sources(resources) == ("model-card", ["edge-list"])


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


SOURCES = ["registry", "hub-metadata", "model-card", "edge-list"]
RELATIONS = ["merge", "finetune", "unknown"]
ROLES = [None, "base", "ingredient"]
saying = st.builds(
    lambda source, relation, role, weight: say(
        "b", "a", source=source, relation=relation, role=role, weight=weight
    ),
    st.sampled_from(SOURCES),
    st.sampled_from(RELATIONS),
    st.sampled_from(ROLES),
    st.sampled_from([None, 0.25, 0.5]),
)


def by_hand(said: list[Statement]) -> dict[str, Told]:
    """Reference: what is shown of each role, after claims that came in this order."""
    kept: dict[tuple[str, str | None], Told] = {}
    for each in said:
        slot = (each.told.source, each.role if each.told.role_stated else None)
        if slot not in kept or each.told.strength >= kept[slot].strength:
            kept[slot] = each.told
    roles = {role for _, role in kept if role is not None}
    unsaid = [
        told for (source, role), told in kept.items()
        if role is None and not any((source, each) in kept for each in roles)
    ]  # fmt: skip
    claims: dict[str, list[Told]] = {role: [] for role in roles}
    for (_, role), told in kept.items():
        if role is not None:
            claims[role].append(told)
    if not roles:
        claims[usual_role(strongest(unsaid).relation)] = unsaid
    else:
        for told in unsaid:
            usual = usual_role(told.relation)
            claims[usual if usual in roles else min(roles)].append(told)
    return {role: strongest(told) for role, told in claims.items()}


def strongest(claims: list[Told]) -> Told:
    return min(claims, key=lambda told: (*(-part for part in told.strength), told.source))


def shown(said: list[Statement]) -> dict[str, Told]:
    """What the rules show of each role."""
    edges = Edges(())
    for each in said:
        edges.tell(Key(2, 1, None, None, each.role), each.told)
    return {edge.key.role: edge.shown for edge in edges.changed}


@given(said=st.lists(saying, min_size=1, max_size=12))
@settings(deadline=None)
def test_what_is_shown_is_the_strongest_claim_about_each_role(said):
    assert shown(said) == by_hand(said)


@given(
    said=st.lists(
        saying,
        min_size=1,
        max_size=8,
        unique_by=lambda each: (
            each.told.source,
            each.told.role_stated and each.role,
            each.told.strength,
        ),
    ),
    random=st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_the_order_in_which_claims_come_makes_no_difference(said, random):
    """Unless one source contradicts itself: then its newer word counts."""
    mixed = random.sample(said, len(said))
    assert shown(mixed) == shown(said)


def in_any_order() -> list[list[Statement]]:
    """Claims about two models, of which some state no role or no relation, in several orders."""
    said = [
        say("b", "a", role="base", source="merge-card", weight=0.5),
        say("b", "a", role="ingredient", source="merge-card", weight=0.25),
        say("b", "a", role=None, source="edge-list", weight=0.75),
        say("b", "a", role=None, **LIST),
        say("b", "a", role=None, **HUB),
        say("b", "a", role=None, relation="unknown", source="model-card"),
    ]
    return [said, said[::-1], *(Random(seed).sample(said, len(said)) for seed in range(6))]


async def test_a_claim_without_a_role_makes_no_second_edge_in_any_order_of_batches(resources):
    left = []
    for place, said in enumerate(in_any_order()):
        cut = place % len(said)
        await tell(resources, *said[:cut])
        await tell(resources, *said[cut:])
        async with resources.database.transaction() as session:
            assert await wrong_counters(session) == []
        left.append((await graph(resources), await beside(resources)))
        assert all(each in ("known", "weaker") for each in await tell(resources, *said))
        assert (await graph(resources), await beside(resources)) == left[-1]
        await _forget(resources)
    assert len(left[0][0]) == 2
    assert all(each == left[0] for each in left)


@pytest.mark.parametrize("first", ["stated", "unstated"])
async def test_of_a_stated_and_an_unstated_role_there_is_one_edge(resources, first):
    stated = say("b", "a", role="base", source="merge-card", weight=0.5)
    unstated = say("b", "a", role=None, source="edge-list")
    said = [stated, unstated] if first == "stated" else [unstated, stated]
    for each in said:
        await tell(resources, each)
    async with resources.database.transaction() as session:
        (edge,) = (await session.scalars(select(EdgeRow))).all()
        assert (edge.role, edge.source, edge.weight) == ("base", "merge-card", 0.5)
        counts = select(ModelRow.base_count, ModelRow.ingredient_count)
        assert (await session.execute(counts.where(ModelRow.name == "a"))).one() == (1, 0)


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


async def beside(resources: Resources) -> set[tuple[object, ...]]:
    """The claims that are not shown, by the role of their edge."""
    query = select(
        EdgeRow.role, ClaimRow.source, ClaimRow.relation, ClaimRow.weight, ClaimRow.role_stated
    ).join(EdgeRow, EdgeRow.id == ClaimRow.edge_id)
    async with resources.database.transaction() as session:
        return {tuple(row) for row in await session.execute(query)}


async def _forget(resources: Resources) -> None:
    """Empty the tables, as a new hub has them."""
    async with resources.database.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            await session.execute(delete(table))
