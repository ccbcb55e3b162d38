"""The log of which rows each transaction changed, as its writers know it.

`mergehub.kit.replica.log` reads it: a copy in memory follows the tables by it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Identity, delete, func, text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from mergehub.kit.database.constant import array, of_numbers
from mergehub.kit.database.database import changed
from mergehub.kit.database.notify import notify

KEEP = timedelta(days=1)
"""How long changes are kept. A copy in memory that has not read them for so long is loaded anew."""


class TransactionId(UserDefinedType[int]):
    """`xid8`: the number of a transaction, which never wraps around."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


ischema_names["xid8"] = TransactionId  # so that SQLAlchemy recognises the column


class ChangeColumns:
    """The table `changes`; a service adds a column of ids (`bigint[]`) for each kind of rows."""

    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    xid: Mapped[int] = mapped_column(
        TransactionId, server_default=func.pg_current_xact_id(), index=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class ChangeLog:
    """The log of one service: its table, the kinds of rows in it, and the channel that wakes."""

    def __init__(self, table: type[ChangeColumns], channel: str, *kinds: str) -> None:
        self._table, self._channel, self._kinds = table, channel, kinds
        arrays = (of_numbers(f":{kind}") for kind in kinds)
        self._log = text(
            f"INSERT INTO changes ({', '.join(kinds)}) VALUES ({', '.join(arrays)})"  # noqa: S608
        )

    async def log(self, session: AsyncSession, **rows: Collection[int]) -> None:
        """Log the rows that changed, and wake those who follow at the commit."""
        if any(rows.values()):
            ids = {kind: array(rows.get(kind, ())) for kind in self._kinds}
            await session.execute(self._log, ids)
            await notify(session, self._channel)

    async def prune(self, session: AsyncSession) -> int:
        """Delete what is old enough from the log; returns how many rows."""
        old = self._table.created_at < func.now() - KEEP
        return await changed(session, delete(self._table).where(old))
