"""Several writes of a transaction in one round trip to the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class Write:
    """A statement that changes rows, the values of its parameters, and the channel that it calls.

    Statements are constants, or SQLAlchemy and PostgreSQL would prepare each anew. So many rows
    are one value: an array, or JSON for `json_populate_recordset`.
    """

    sql: str
    values: Mapping[str, Any]
    channel: str | None = None


async def together(session: AsyncSession, *writes: Write) -> datetime:
    """Execute writes of which none sees what the others write, and call their channels.

    Returns the time of the transaction, which columns with the default `now()` get.
    """
    await session.flush()
    values: dict[str, Any] = {}
    for write in writes:
        values |= write.values
    channels = sorted({write.channel for write in writes if write.channel})
    statement = _statement(tuple(write.sql for write in writes), *channels)
    now: datetime = (await session.execute(statement, values)).one()[0]
    return now


@cache
def _statement(writes: tuple[str, ...], *channels: str) -> TextClause:
    """One statement of them all; there are as many as kinds of transactions, so all are kept."""
    parts = ", ".join(f"write_{place} AS ({sql})" for place, sql in enumerate(writes))
    calls = "".join(f", pg_notify('{channel}', '')" for channel in channels)
    return text(f"WITH {parts} SELECT now(){calls}")
