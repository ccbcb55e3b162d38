"""Several writes of a transaction in one round trip to the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.calls import Call
from mergehub.kit.database.constant import Constant
from mergehub.kit.database.database import Database

Written = Row[*tuple[Any, ...]]
"""The time of the transaction, `now`, which columns with the default `now()` get, and the answers
of the writes by their names."""


@dataclass(frozen=True)
class Write:
    """A statement, usually one that changes rows, its values, and the channel that it calls.

    - `name`: a noun for what it writes. Other writes see no rows of it, but may use what it
      returns (`RETURNING`) by this name.
    - `answer`: an expression, usually over what it returns, whose value `together` gives back.
    - `message`: what the channel carries.

    All but the values are constants, or SQLAlchemy and PostgreSQL would prepare each anew.
    """

    name: str
    sql: str
    values: Mapping[str, Any]
    channel: str | None = None
    message: str = ""
    answer: str | None = None


def provided(of: Write | None) -> str:
    """The condition that the write `of`, which is executed with this one, returns rows."""
    return f"WHERE EXISTS (SELECT FROM {of.name})" if of else ""


async def together(session: AsyncSession, *writes: Write) -> Written:
    """Execute writes of which none sees what the others write, and call their channels."""
    await session.flush()
    statement, values = _combined(writes, _calls(writes))
    return (await statement(session, values)).one()


async def alone(database: Database, *writes: Write) -> Written:
    """Execute writes like `together`, as a transaction of their own.

    Being one statement, they need no BEGIN and COMMIT: one round trip instead of three. Their
    channels are called after the commit.
    """
    statement, values = _combined(writes)
    written = await database.at_once(lambda connection: statement.on(connection, values).one())
    database.calls.soon(_calls(writes))
    return written


def _calls(writes: Sequence[Write]) -> list[Call]:
    return sorted({(write.channel, write.message) for write in writes if write.channel})


def _combined(
    writes: Sequence[Write], calls: Sequence[Call] = ()
) -> tuple[Constant, dict[str, Any]]:
    """The statement of all writes and calls, and its values."""
    values: dict[str, Any] = {}
    for write in writes:
        values |= write.values
    parts = tuple((write.name, write.sql, write.answer) for write in writes)
    return _statement(parts, *calls), values


@cache
def _statement(parts: tuple[tuple[str, str, str | None], ...], *calls: Call) -> Constant:
    """One statement of them all; there are as many as kinds of transactions, so all are kept."""
    writes = ", ".join(f"{name} AS ({sql})" for name, sql, _ in parts)
    answers = "".join(f", {answer} AS {name}" for name, _, answer in parts if answer)
    notices = "".join(f", pg_notify('{channel}', '{message}')" for channel, message in calls)
    return Constant(f"WITH {writes} SELECT now() AS now{answers}{notices}")
