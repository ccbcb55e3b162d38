"""The release before works on the tables of facts, and each release sees what the other wrote."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from leaderboard.facts.evaluations import learn_evaluations, statement
from leaderboard.results import repository
from leaderboard.results.repository import Wanted
from mergehub.contracts.events import EvaluationCompleted
from mergehub.kit.database.database import Database, now
from mergehub.kit.database.schema import migrate

# As the release before writes a result: the benchmark, the spelling, the result and its items.
BENCHMARK = """
INSERT INTO benchmarks (name, version, metric, items) VALUES ('dates', '1', 'acc', :count)
ON CONFLICT (name, version, metric) DO UPDATE SET items = greatest(benchmarks.items, excluded.items)
RETURNING id
"""
SPELLING = "INSERT INTO spellings (name) VALUES (:model) ON CONFLICT DO NOTHING"
SPELLED = 'SELECT name FROM spellings WHERE lower(name) = lower(:model COLLATE "C")'
RESULT = """
INSERT INTO results (model, model_digest, benchmark_id, value, stderr, count, shots, "binary",
  harness, run, source, created_at)
VALUES (:model, 'd', :benchmark, 0.5, 0.1, :count, 0, true, 'lm-eval 0.4', :run, 'verified', now())
ON CONFLICT DO NOTHING RETURNING id
"""
ITEM = "INSERT INTO result_items (result_id, item, score) VALUES (:result, :item, :score)"


async def old_write(session, model: str, count: int = 2) -> UUID:
    run = uuid4()
    benchmark = await session.scalar(text(BENCHMARK), {"count": count})
    await session.execute(text(SPELLING), {"model": model})
    spelled = await session.scalar(text(SPELLED), {"model": model})
    values = {"model": spelled, "benchmark": benchmark, "run": run, "count": count}
    result = await session.scalar(text(RESULT), values)
    for at in range(count):
        item = {"result": result, "item": f"item-{at}", "score": float(at % 2)}
        await session.execute(text(ITEM), item)
    return run


async def old_read(session) -> dict[str, int]:
    """What the release before lists: the models, and how many items their benchmark has."""
    rows = await session.execute(
        text(
            "SELECT model, items FROM results JOIN benchmarks ON benchmarks.id = benchmark_id "
            "ORDER BY results.id"
        )
    )
    return {row.model: row.items for row in rows}


async def new_write(session, model: str, count: int = 2, run: UUID | None = None) -> None:
    told = EvaluationCompleted(
        run=run or uuid4(), model=model, model_digest="d", benchmark="dates", version="1",
        metric="acc", value=0.5, stderr=0.1, count=count, shots=0, harness="lm-eval 0.4",
    )  # fmt: skip
    items = {f"item-{at}": float(at % 2) for at in range(count)}
    await learn_evaluations(session, [statement(told, items, await now(session))])


async def new_read(session) -> dict[str, bool]:
    """The models, and whether their results are full."""
    rows = await repository.page(session, Wanted(), None, 100)
    return {row.model: not row.limited for row in reversed(rows)}


@pytest.fixture
async def database(database_of):
    database = Database(await database_of("leaderboard_facts"), "leaderboard")
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA leaderboard"))
        await connection.run_sync(_to("0005"))
    yield database
    await database.close()


def _to(revision, *, down=False):
    def go(connection):
        config = Config()
        config.set_main_option("script_location", "leaderboard:migrations")
        config.attributes.update(connection=connection, schema="leaderboard")
        (command.downgrade if down else command.upgrade)(config, revision)

    return go


async def test_old_results_become_facts_and_both_releases_go_on(database):
    async with database.transaction() as session:
        before = await old_write(session, "me/Before", count=3)
    await migrate(database, "leaderboard.migrations")
    async with database.transaction() as session:
        assert await new_read(session) == {"me/Before": True}
        await new_write(session, "ME/before", count=3, run=before)
    async with database.transaction() as session:
        assert await new_read(session) == {"me/Before": True}, "a run is one fact in both"
        await old_write(session, "me/old", count=4)
        await new_write(session, "ME/OLD", count=4)
        await new_write(session, "me/New", count=2)
    async with database.transaction() as session:
        assert await new_read(session) == {"me/Before": False, "me/old": True, "me/New": False}
        assert await old_read(session) == {"me/Before": 4, "me/old": 4, "me/New": 4}
        await old_write(session, "ME/NEW", count=4)
        assert await new_read(session) == {"me/Before": False, "me/old": True, "me/New": True}


async def test_the_log_has_what_the_release_before_wrote(database):
    await migrate(database, "leaderboard.migrations")
    async with database.transaction() as session:
        await old_write(session, "me/small", count=2)
    async with database.transaction() as session:
        await old_write(session, "me/large", count=4)
        small, large = await session.scalars(text("SELECT id FROM facts ORDER BY id"))
        logged = (await session.execute(text("SELECT results FROM changes ORDER BY id"))).all()
    assert [set(row.results) for row in logged] == [{small}, {small, large}]


async def test_the_way_back_leaves_what_the_release_before_had(database):
    async with database.transaction() as session:
        await old_write(session, "me/before")
    await migrate(database, "leaderboard.migrations")
    async with database.transaction() as session:
        await new_write(session, "me/new")
    async with database.engine.begin() as connection:
        await connection.run_sync(_to("0005", down=True))
    async with database.transaction() as session:
        assert await old_read(session) == {"me/before": 2, "me/new": 2}
        await old_write(session, "me/after")
