"""Reading sessions: single statements on kept connections, and no writes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from mergehub.hub.postgres import Postgres
from mergehub.kit.database.database import Database
from mergehub.kit.problems.problem import Unavailable

STATE = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")

POOL = 4


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(postgres_url, "reading_sessions", pool=POOL)
    async with database.transaction() as session:
        await session.execute(text("CREATE SCHEMA IF NOT EXISTS reading_sessions"))
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with database.transaction() as session:
        session.add(Thing(id=1, name="old"))
    yield database
    await database.close()


async def test_a_reading_session_sees_what_is_committed_meanwhile(database: Database) -> None:
    query = select(Thing.name)
    async with database.reading() as reading:
        before = await reading.scalar(query)
        async with database.transaction() as session:
            await session.execute(text("UPDATE things SET name = 'new'"))
            during = await reading.scalar(query)
        after = await reading.scalar(query)
        pid = await reading.scalar(text("SELECT pg_backend_pid()"))
        async with database.transaction() as session:
            state = await session.scalar(STATE, {"pid": pid})
    assert (before, during, after) == ("old", "old", "new")
    assert state == "idle", "and not in a transaction"


async def test_a_reading_session_refuses_to_write(database: Database) -> None:
    async with database.reading() as reading:
        thing = await reading.get(Thing, 1)
        assert thing is not None
        thing.name = "changed"
        with pytest.raises(RuntimeError, match="must not write"):
            await reading.flush()
    async with database.reading() as reading:
        assert await reading.scalar(select(Thing.name)) == "old"


async def test_the_connections_of_a_busy_time_are_kept(database: Database) -> None:
    backend = text("SELECT pg_backend_pid(), pg_sleep(0.05)")

    async def at_once() -> set[int]:
        async def one() -> int:
            async with database.reading() as reading:
                return int((await reading.execute(backend)).one()[0])

        return set(await asyncio.gather(*(one() for _ in range(4))))

    assert await at_once() == await at_once()


async def test_connections_are_handed_out_in_the_order_of_asking(database: Database) -> None:
    """More tasks ask than there are connections; each task asks again as soon as it is done."""
    served: list[int] = []
    opened = asyncio.Barrier(POOL)

    async def open_one() -> None:
        async with database.reading() as reading:
            await reading.connection()
            await opened.wait()

    async def ask(number: int) -> None:
        for _ in range(3):
            async with database.reading() as reading:
                await reading.connection()
                served.append(number)  # now, since statements end in any order
                await reading.execute(text("SELECT 1"))

    await asyncio.gather(*(open_one() for _ in range(POOL)))  # opening one takes its time
    await asyncio.gather(*(ask(number) for number in range(20)))
    assert sorted(served[:20]) == list(range(20)), "none is served twice before all are served once"


async def test_a_statement_on_a_server_that_froze_ends_with_its_task(store_folder: Path) -> None:
    server = Postgres(store_folder / "frozen")
    server.start()
    frozen = Database(server.url, "frozen", pool=1)
    await frozen.ping()
    assert server.pid is not None
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children()]
    for each in family:
        each.send_signal(signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), frozen.transaction() as session:
            await session.execute(text("SELECT 1"))
    for each in family:
        each.send_signal(signal.SIGCONT)
    await frozen.ping()
    await frozen.close()
    server.stop()


async def test_a_place_that_was_given_up_is_handed_on(database: Database) -> None:
    async def cancelled() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01), database.reading() as reading:
                await reading.execute(text("SELECT pg_sleep(60)"))

    await asyncio.gather(*(cancelled() for _ in range(20)))
    await asyncio.gather(*(database.ping() for _ in range(20)))


async def test_a_statement_that_takes_too_long_is_told_as_such(postgres_url: str) -> None:
    class Hurried(Database):
        async def _connect(self, *_: object, **settings: str) -> asyncpg.Connection:
            return await super()._connect(0.05, **settings)

    hurried = Hurried(postgres_url, "public", pool=1)
    for session in (hurried.transaction, hurried.reading):
        with pytest.raises(Unavailable, match="took too long"):
            async with session() as slow:
                await slow.execute(text("SELECT pg_sleep(600)"))
        await hurried.ping()
    await hurried.close()
