"""Facts: in whatever order and however often they come, the current ones are the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from leaderboard import events
from leaderboard.facts import item_scores
from leaderboard.facts.evaluations import learn_evaluations, statement
from leaderboard.facts.models import Source
from leaderboard.facts.moving import Moving
from leaderboard.facts.resolved import resolve
from leaderboard.facts.statement import Origin
from leaderboard.facts.storing import alone, store
from leaderboard.imports import service
from leaderboard.results import repository
from leaderboard.results.repository import Wanted
from mergehub.contracts.events import EvaluationCompleted
from mergehub.contracts.results import ResultImport, ResultRow

DAY = datetime(2026, 1, 1, tzinfo=UTC)
TABLES = (
    *("facts", "restatements", "fact_items", "item_sets", "changes", "origins", "settings"),
    *("measures", "variants", "models", "results", "benchmarks", "spellings"),
)
VALUES = [0.0, 0.25, 0.5, 1.0]
KEPT_PLANS = text(
    "SELECT statement, sum(generic_plans)::int AS generic_plans FROM pg_prepared_statements "
    "WHERE statement LIKE '%unnest%' AND statement NOT LIKE '%prepared%' GROUP BY statement"
)

rows = st.builds(
    ResultRow,
    model=st.sampled_from(["org/a", "ORG/A", "org/b"]),
    benchmark=st.sampled_from(["arc", "ARC (25-shot)", "dates", "my own"]),
    version=st.just("1"),
    metric=st.just("acc"),
    value=st.sampled_from(VALUES),
    count=st.sampled_from([None, 4, 8]),
    shots=st.sampled_from([None, 0]),
    evaluated_on=st.sampled_from([None, *(DAY.date() + timedelta(days=n) for n in range(3))]),
    precision=st.sampled_from([None, "bfloat16"]),
)
imports = st.builds(
    ResultImport,
    source=st.sampled_from(["community", "imported"]),
    origin=st.sampled_from(["one.csv", "two.csv"]),
    results=st.lists(rows, min_size=1, max_size=5),
)


@st.composite
def evaluations(draw: st.DrawFn) -> tuple[EvaluationCompleted, datetime]:
    at = draw(st.integers(0, 5))
    told = EvaluationCompleted(
        run=draw(st.builds(uuid4)),
        model=draw(st.sampled_from(["org/a", "Org/A", "org/b"])),
        model_digest="d",
        benchmark="dates",
        version="1",
        metric="acc",
        value=draw(st.sampled_from(VALUES)),
        stderr=0.1,
        count=draw(st.sampled_from([4, 8])),
        shots=0,
        harness="lm-eval",
        limited=draw(st.booleans()),
    )
    return told, DAY + timedelta(seconds=at, microseconds=draw(st.integers(0, 999_999)))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Imports and events once, and the same in another order with repetitions.

    Scores of one thing and time have one value: of those that contradict each other, the last that
    came counts, so their order must matter.
    """
    told: list[Any] = draw(st.lists(imports | evaluations(), min_size=1, max_size=6))
    seen: dict[Any, Any] = {}
    for each in told:
        if isinstance(each, ResultImport):
            each.results[:] = [row for row in each.results if _agrees(each, row, seen)]
    again = draw(st.permutations(told)) + draw(st.lists(st.sampled_from(told), max_size=3))
    return told, again


def _agrees(of: ResultImport, row: ResultRow, seen: dict[Any, Any]) -> bool:
    named = "arc" if row.benchmark.startswith("ARC") else row.benchmark
    time = (row.evaluated_on, row.precision, row.shots)
    key = (of.source, row.model.lower(), named, *time)
    return seen.setdefault(key, (row.value, row.count)) == (row.value, row.count)


async def current(resources, history: list[Any]) -> list[tuple[Any, ...]]:
    """What is current after a history, without what depends on who came first."""
    async with resources.database.transaction() as session:
        for table in TABLES:  # TRUNCATE would wait for those who read, and they for it
            await session.execute(text(f"DELETE FROM {table}"))
    for each in history:
        if isinstance(each, ResultImport):
            await service.bring_in(resources.database, each, "ann")
        else:
            async with resources.database.transaction() as session:
                await learn_evaluations(session, [statement(each[0], {}, each[1])])
    async with resources.database.transaction() as session:
        found = await repository.page(session, Wanted(), None, 1000)
    return sorted(
        (
            *(row.model.lower(), row.precision, row.revision, row.benchmark, row.version),
            *(row.shots or -1, row.source, row.value, row._mapping["count"] or -1, row.limited),
            row.evaluated_at or DAY - timedelta(days=1),
        )
        for row in found
    )


@given(histories())
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_and_repetition_gives_the_same_current_facts(resources, told):
    once, again = told
    assert await current(resources, once) == await current(resources, again)


async def test_no_import_runs_by_a_plan_of_small_tables(resources):
    """The server keeps one after five times; it would read whole tables for each name of many."""
    async with resources.database.transaction() as session:
        before = await kept_plans(session)  # of those who used the connection until now
        for number in range(8):
            row = ResultRow(model=f"org/{number}", benchmark="arc", metric="acc", value=0.5)
            stated = service.check([row], Origin(Source.imported, "one.csv")).statements
            found = await resolve(session, stated)
            await alone(session)
            await store(session, found)
        after = await kept_plans(session)
    assert any("JOIN models" in each for each in after)
    assert {each: uses for each, uses in after.items() if uses != before.get(each, 0)} == {}


async def kept_plans(session) -> dict[str, int]:
    """How often each statement about many things ran by a plan that the server had kept."""
    return {row.statement: row.generic_plans for row in await session.execute(KEPT_PLANS)}


@settings(max_examples=30)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=20),
        st.sampled_from([0.0, 1.0]) | st.floats(allow_nan=False),
        max_size=40,
    )
)
def test_item_scores_are_what_they_were(items):
    packed = item_scores.pack(items)
    text = json.dumps(sorted(items), ensure_ascii=False, separators=(",", ":"))
    assert packed.hashes == text  # what digests that are stored were computed of
    hashes = item_scores.unpack_hashes(item_scores.pack_hashes(packed.hashes))
    assert item_scores.unpack_scores(hashes, packed.scores) == items


def test_right_and_wrong_take_a_bit_each():
    right = np.random.default_rng(1).integers(0, 2, 1319)
    items = {f"{n:064x}": float(each) for n, each in enumerate(right)}
    assert len(item_scores.pack(items).scores) < 1319 / 8 + 30


async def test_models_measured_on_the_same_items_share_them(resources, registry, caught_up):
    for number, scores in enumerate(("1101", "0011", "1111")):
        registry.score(f"m{number}", "dates", scores)
    await caught_up()
    async with resources.database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM item_sets")) == 1
        facts = (await session.scalars(text("SELECT id FROM facts ORDER BY id"))).all()
        read = await item_scores.read(session, facts)
        assert [sum(read[fact].values()) for fact in facts] == [3, 2, 4]


async def test_items_of_many_sets_are_read_again_when_their_lists_are_forgotten(
    resources, registry, caught_up, monkeypatch
):
    monkeypatch.setattr(item_scores, "KEPT", 2)
    for size in range(2, 7):
        registry.score("m", f"exam-{size}", "1" * size)
    await caught_up()
    async with resources.database.transaction() as session:
        facts = (await session.scalars(text("SELECT id FROM facts ORDER BY id"))).all()
        for _ in range(2):
            read = await item_scores.read(session, facts)
            assert sorted(len(items) for items in read.values()) == [2, 3, 4, 5, 6]
            assert len(item_scores._kept) == 2
        one = await item_scores.read(session, facts[:1])
        assert one == {facts[0]: read[facts[0]]}


async def test_items_of_the_release_before_are_moved_and_read_meanwhile(resources):
    async with resources.database.transaction() as session:
        await session.execute(text(OLD))
        await session.execute(text(OLD_ITEMS))
    async with resources.database.transaction() as session:
        (fact,) = (await session.scalars(text("SELECT id FROM facts"))).all()
        before = await item_scores.read(session, [fact])
        moving = Moving()
        assert await moving.move(session) == 1
        assert await moving.move(session) == 0
        assert await session.scalar(text("SELECT count(*) FROM fact_items")) == 1
        assert await item_scores.read(session, [fact]) == before == {fact: {"a": 1.0, "b": 0.0}}


OLD = """
WITH of AS (
  INSERT INTO benchmarks (name, version, metric, items) VALUES ('dates', '1', 'acc', 2)
  RETURNING id
), spelled AS (INSERT INTO spellings (name) VALUES ('m'))
INSERT INTO results (model, model_digest, benchmark_id, value, stderr, count, shots, "binary",
  harness, run, source, created_at)
SELECT 'm', 'd', id, 0.5, 0.1, 2, 0, true, 'h', gen_random_uuid(), 'verified', now() FROM of
"""
OLD_ITEMS = """
INSERT INTO result_items (result_id, item, score)
SELECT id, item, score FROM results, (VALUES ('a', 1.0), ('b', 0.0)) AS scored (item, score)
"""


async def test_new_fields_of_an_evaluation_are_kept(registry, client, caught_up):
    registry.score(
        "m", "dates", "10", harness_version="0.4.9", task_hash="abc", chat_template=True,
        precision="torch.bfloat16", seed=7,
    )  # fmt: skip
    registry.score("m", "dates", "1", limited=True)
    await caught_up()
    items = (await client.get("/v1/results", params={"history": True})).json()["items"]
    part, whole = items
    told = {"harness_version": "0.4.9", "task_hash": "abc", "chat_template": True, "seed": 7}
    assert whole.items() >= (told | {"precision": "bfloat16", "full": True}).items()
    assert (part["full"], part["current"]) == (False, True)


async def test_many_results_are_learned_as_sets(resources, registry, monkeypatch):
    for number in range(30):
        registry.score(f"m{number}", "dates", "10")
    learned = []

    async def counting(session, statements):
        learned.append(len(statements))
        await learn_evaluations(session, statements)

    monkeypatch.setattr(events, "learn_evaluations", counting)
    await events.consumer(resources).catch_up()
    assert learned == [30]
