"""How much it takes to store recipes: statements, and looks of the catalogue at the log."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, Engine, event, func, select, text

from mergehub.kit.background.resources import Resources
from mergehub.kit.database.connections import FairPool
from mergehub.kit.database.notify import notify
from mergehub.kit.events.outbox import CHANNEL as OUTBOX_CHANNEL
from mergehub.kit.replica import replica
from mergehub.kit.replica.metrics import ReplicaMetrics
from registry.audit.models import AuditRow
from registry.background import make_relay
from registry.changes import CHANNEL
from registry.events.tables import OutboxRow
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.names import rename
from registry.webhooks.models import DeliveryRow

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE application_name = current_schema() AND wait_event_type = 'Lock'"
)

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]


@pytest.fixture
def statements(resources: Resources) -> Iterator[list[str]]:
    """The statements that requests execute, apart from BEGIN and COMMIT.

    Not those that ask whose token it is, or that wake others afterwards: many requests share them.
    """
    seen: list[str] = []

    def note(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        is_shared = "tokens.hash =" in statement or "pg_notify(channel" in statement
        if connection.engine.pool is resources.database.engine.pool and not is_shared:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)  # also of connections that commit each
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def transactions(resources: Resources) -> Iterator[list[str]]:
    """The ends of transactions that took more than one statement."""
    seen: list[str] = []

    def note(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            seen.append("end")

    engine = resources.database.engine.sync_engine
    for ends in ("commit", "rollback"):
        event.listen(engine, ends, note)
    yield seen
    for ends in ("commit", "rollback"):
        event.remove(engine, ends, note)


async def test_publishing_takes_one_statement_and_no_transaction_around_it(
    owner: httpx.AsyncClient, recipe_text: str, statements: list[str], transactions: list[str]
) -> None:
    answer = await owner.post("/v1/recipes", json={"name": "first", "recipe": recipe_text})
    statements.clear()
    transactions.clear()
    answer = await owner.post("/v1/recipes", json={"name": "second", "recipe": recipe_text})
    assert answer.status_code == 201
    assert [each["name"] for each in answer.json()["twins"]] == ["first"]
    assert (len(statements), transactions) == (1, []), statements


async def test_a_publication_wakes_those_who_follow_recipes_and_events(
    owner: httpx.AsyncClient, recipe_text: str, resources: Resources
) -> None:
    called = resources.signals.subscribe
    with called(CHANNEL) as recipes, called(OUTBOX_CHANNEL, "registry") as events:
        for woken in (recipes, events):
            woken.clear()
        answer = await owner.post("/v1/recipes", json={"name": "soup", "recipe": recipe_text})
        assert answer.status_code == 201
        async with asyncio.timeout(60):
            await asyncio.gather(recipes.wait(), events.wait())


async def test_publishing_within_a_quota_takes_three_statements(
    person: Call, recipe_text: str, statements: list[str]
) -> None:
    ann = await person("ann")
    for name in ("first", "second"):
        statements.clear()
        answer = await ann.post("/v1/recipes", json={"name": name, "recipe": recipe_text})
        assert answer.status_code == 201
    assert len(statements) == 3, statements


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "key"}], ids=["alone", "with a key"])
async def test_a_name_that_is_given_up_while_a_publication_waits_for_it_is_not_free(
    owner: httpx.AsyncClient, recipe_text: str, resources: Resources, headers: dict[str, str]
) -> None:
    body = {"name": "wanted", "recipe": recipe_text}
    made = (await owner.post("/v1/recipes", json=body)).json()
    async with resources.database.transaction() as session:
        row = await session.get(RecipeRow, UUID(made["id"]))
        assert row is not None
        await rename(session, row, "another")
        publishing = asyncio.create_task(owner.post("/v1/recipes", json=body, headers=headers))
        async with asyncio.timeout(60), resources.database.reading() as look:
            while not await look.scalar(WAITING):
                assert not publishing.done()
    refused = await publishing
    assert (refused.status_code, refused.json()["code"]) == (409, "recipe-name-taken")
    async with resources.database.reading() as look:
        for table in (RecipeRow, VersionRow, OutboxRow, AuditRow):
            assert await look.scalar(select(func.count()).select_from(table)) == 1


async def test_a_publication_is_delivered_also_if_webhooks_began_to_listen_meanwhile(
    owner: httpx.AsyncClient, recipe_text: str, resources: Resources
) -> None:
    async def publish(name: str) -> str:
        answer = await owner.post("/v1/recipes", json={"name": name, "recipe": recipe_text})
        assert answer.status_code == 201
        subject: str = f"recipes/{answer.json()['id']}"
        return subject

    await publish("before")
    url = "http://127.0.0.1:9/"
    hook = (await owner.post("/v1/webhooks", json={"url": url})).json()
    first = [await publish("first"), await publish("second")]
    async with resources.database.reading() as session:
        assert list(await session.scalars(select(DeliveryRow.subject))) == first
    assert (await owner.delete(f"/v1/webhooks/{hook['id']}")).status_code == 204
    another = await owner.post("/v1/webhooks", json={"url": url})
    assert another.status_code == 201
    heard = [await publish("third")]
    async with resources.database.reading() as session:
        assert list(await session.scalars(select(DeliveryRow.subject))) == heard


async def test_no_statement_of_a_publication_reads_all_recipes(
    owner: httpx.AsyncClient, recipe_text: str, statements: list[str], resources: Resources
) -> None:
    """Also by a plan that was made for none of them, which a connection keeps for many."""
    made = await owner.post("/v1/recipes", json={"name": "first", "recipe": recipe_text})
    again = {"recipe": recipe_text.replace("0.5", "0.25")}
    answer = await owner.post(f"/v1/recipes/{made.json()['id']}/versions", json=again)
    assert answer.status_code == 201
    async with resources.database.driver(plan_cache_mode="force_generic_plan") as connection:
        undone = connection.transaction()
        await undone.start()
        await connection.execute("TRUNCATE recipes CASCADE")
        for at, statement in enumerate(set(statements)):
            await connection.execute(f"PREPARE plan_{at} AS {statement}")
            values = ", ".join(["NULL"] * len(set(re.findall(r"\$\d+", statement))))
            call = f"plan_{at}({values})" if values else f"plan_{at}"
            steps = "\n".join(line for (line,) in await connection.fetch(f"EXPLAIN EXECUTE {call}"))
            assert "Seq Scan on recipe" not in steps, f"{statement}\n{steps}"
        await undone.rollback()


async def test_the_relay_looks_for_new_events_once_also_by_a_plan_for_an_empty_table(
    empty: None, statements: list[str], resources: Resources
) -> None:
    await make_relay(resources).publish_due()
    [numbering] = [each for each in statements if "row_number" in each]
    off = {f"enable_{each}": "off" for each in ("indexscan", "bitmapscan", "hashjoin", "mergejoin")}
    async with resources.database.driver(**off) as connection:
        steps = "\n".join(line for (line,) in await connection.fetch(f"EXPLAIN {numbering}"))
    assert "CTE Scan on new" in steps, steps


async def test_an_import_takes_as_many_statements_for_many_rows_as_for_one(
    owner: httpx.AsyncClient, recipe_text: str, statements: list[str]
) -> None:
    async def statements_of(count: int, prefix: str) -> int:
        rows = [{"name": f"{prefix}-{at}", "recipe": recipe_text} for at in range(count)]
        statements.clear()
        answer = await owner.post("/v1/recipes/import", json={"recipes": rows})
        assert len(answer.json()["brought"]) == count, answer.text
        return len(statements)

    assert await statements_of(1, "one") == await statements_of(50, "many")


async def test_what_is_answered_is_what_is_stored(
    person: Call, recipe_text: str, events: Call
) -> None:
    ann = await person("ann")
    about = {
        "title": "Süße \"Suppe\" \\ 🥣", "description": "line\nline\ttab", "tags": ["x", "y.z"],
        "domains": ["legal"], "licence": "mit", "visibility": "unlisted",
    }  # fmt: skip
    text = f"# 🥣 \\u0041 '\"\n{recipe_text}"
    answer = (await ann.post("/v1/recipes", json={"name": "soup", "recipe": text, **about})).json()
    stored = (await ann.get(f"/v1/recipes/{answer['id']}")).json()
    assert stored == {name: answer[name] for name in stored}
    assert {name: stored[name] for name in about} == about
    version = f"/v1/recipes/{answer['id']}/versions"
    assert (await ann.get(f"{version}/1/source")).text == text
    again = text.replace("0.5", "0.25")
    second = (await ann.post(version, json={"recipe": again})).json()
    read = (await ann.get(f"{version}/2")).json()
    assert read == {name: second[name] for name in read}


@dataclass
class Counted:
    """A copy in memory that counts how often it was brought up to the present."""

    looks: int = 0
    as_of: int = 0
    read_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def state(self) -> Counted:
        return replace(self)

    async def follow(self, connection: asyncpg.Connection) -> int:
        self.looks += 1
        self.as_of += 1
        return 1


class Following(replica.Replica[Counted]):
    name, channel = "counted", CHANNEL

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources, ReplicaMetrics(CollectorRegistry(), "counted", "it", {}))
        self.counted = Counted()

    async def load(self, connection: asyncpg.Connection) -> Counted:
        return self.counted


async def test_many_commits_are_read_in_one_look_and_at_once_if_somebody_waits(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "PAUSE_SECONDS", 3600)
    following = Following(resources)
    running = asyncio.create_task(following.run())
    await following.newer(0)
    for _ in range(20):
        async with resources.database.transaction() as session:
            await notify(session, CHANNEL)
    assert following.counted.looks == 1
    assert (await following.current()).looks == 2
    running.cancel()


async def test_a_refused_publication_holds_no_connection_once_it_is_answered(
    owner: httpx.AsyncClient, recipe_text: str, resources: Resources
) -> None:
    body = {"name": "soup", "recipe": recipe_text}
    answers = [await owner.post("/v1/recipes", json=body) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 409]
    pool = resources.database.engine.pool
    assert isinstance(pool, FairPool)
    assert pool.checkedout() == 0
