"""Statements that never change, and thousands of whole numbers as one of their parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, CursorResult, text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler


class Constant:
    """A statement that is compiled once: SQLAlchemy looks up others by all that they consist of.

    Values reach the driver as they are, and those of rows come as the driver gives them. So many
    rows are one value: an array, or JSON for `json_populate_recordset`.
    """

    def __init__(self, statement: str | ClauseElement) -> None:
        clause = text(statement) if isinstance(statement, str) else statement
        compiled = clause.compile(
            dialect=dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"render_postcompile": True},
        )
        assert isinstance(compiled, SQLCompiler)
        self._sql, self._places = compiled.string, tuple(compiled.positiontup or ())
        self._given = dict(compiled.params)

    async def __call__(
        self, session: AsyncSession, values: Mapping[str, Any]
    ) -> CursorResult[tuple[Any, ...]]:
        """Execute it in the transaction of `session`, with the values of its parameters."""
        return await session.run_sync(  # one greenlet, where `session.connection` makes another
            lambda sync: self.on(sync.connection(), values)
        )

    def on(
        self, connection: Connection, values: Mapping[str, Any]
    ) -> CursorResult[tuple[Any, ...]]:
        """Execute it on a connection, with the values of its parameters."""
        all_values = {**self._given, **values}
        given = tuple(all_values[place] for place in self._places)
        return connection.exec_driver_sql(self._sql, given)


def written(query: ClauseElement) -> tuple[str, dict[str, Any]]:
    """A query as the text of a larger statement, and the values of its parameters."""
    compiled = query.compile(
        dialect=PGDialect(paramstyle="named"),  # type: ignore[no-untyped-call]
        compile_kwargs={"render_postcompile": True},
    )
    return str(compiled), dict(compiled.params)


def array(numbers: Collection[int | None]) -> str:
    """The numbers for `of_numbers`, such as `{1, 2, NULL}`: an array as PostgreSQL writes it.

    Of a list, asyncpg would look at each element to see whether it is a list as well. That takes
    ten times as long as PostgreSQL needs to read the number from a text.
    """
    return f"{{{str(list(numbers))[1:-1]}}}".replace("None", "NULL")


def of_numbers(parameter: str, type: str = "bigint") -> str:
    """The SQL of a parameter, such as `:ids`, that `array` has written: to be stored or unnested.

    Not for `= ANY`: in a look through a table, PostgreSQL would read the text again for each row.
    """
    return f"CAST(CAST({parameter} AS text) AS {type}[])"
