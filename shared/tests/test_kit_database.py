"""Sessions that read: statements by themselves, on connections that are kept, and no writing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from mergehub.kit.database import Database

STATE = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(postgres_url, "reading_sessions", pool=4)
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
        with pytest.raises(RuntimeError, match="changes nothing"):
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
