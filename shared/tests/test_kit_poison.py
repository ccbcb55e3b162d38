"""Which failures are an event's own fault, and which are temporary."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import Integer, bindparam, select, text
from sqlalchemy.exc import MultipleResultsFound, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mergehub.kit.database.database import Database
from mergehub.kit.events.poison import is_its_own_fault
from mergehub.kit.problems.problem import Unavailable


def refusal(status: int) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://hub")
    return httpx.HTTPStatusError("no", request=request, response=httpx.Response(status))


@pytest.fixture(scope="module")
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(postgres_url, "public")
    yield database
    await database.close()


@pytest.mark.parametrize(
    ("error", "own"),
    [
        (ValueError("x"), True),
        (AssertionError(), True),
        (RecursionError(), True),
        (MultipleResultsFound(), True),
        (refusal(422), True),
        (refusal(500), True),
        (refusal(404), False),
        (refusal(429), False),
        (refusal(503), False),
        (httpx.ReadTimeout("x"), False),
        (TimeoutError(), False),
        (ConnectionResetError(), False),
        (MemoryError(), False),
        (RedisAway(), False),
        (Unavailable("x"), False),
        (PoolTimeout(), False),
        (PendingRollbackError(), False),
        (asyncpg.InvalidPasswordError("x"), False),
        (asyncpg.InterfaceError("x"), False),
    ],
    ids=lambda each: f"{each!r}"[:40],
)
def test_errors_of_the_program_and_of_others(error: Exception, own: bool) -> None:
    assert is_its_own_fault(error) is own


@pytest.mark.parametrize(
    ("statement", "own"),
    [
        ("SELECT 1 / 0", True),
        ("SELECT 'x'::uuid", True),
        ("SELECT (SELECT generate_series(1, 2))", True),
        ("INSERT INTO pg_class DEFAULT VALUES", True),
        ("SELECT nothing FROM nowhere", False),
        ("SELECT pg_terminate_backend(pg_backend_pid())", False),
        ("DO $$ BEGIN RAISE deadlock_detected; END $$", False),
    ],
)
async def test_errors_of_the_database(database: Database, statement: str, own: bool) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - of which kind is the question
        async with database.transaction() as session:
            await session.execute(text(statement))
    assert is_its_own_fault(raised.value) is own


async def test_a_value_that_no_parameter_holds(database: Database) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - of which kind is the question
        async with database.transaction() as session:
            await session.execute(select(bindparam("n", 2**70, Integer)))
    assert is_its_own_fault(raised.value)


async def test_a_database_that_is_away() -> None:
    away = Database("postgresql://127.0.0.1:9/none", "public")
    with pytest.raises(Unavailable) as raised:
        await away.ping()
    assert not is_its_own_fault(raised.value)
