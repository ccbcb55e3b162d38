"""Many rows at once: as parameters of a statement, an array for each column, or by COPY."""

# ruff: noqa: S608 - the statements are built from constants

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.constant import array, of_numbers

Types = Mapping[str, str]
"""The PostgreSQL types of columns, by their names."""
WHOLE = frozenset({"bigint", "int", "smallint"})


def table(types: Types) -> str:
    """The rows of the parameters as a table with these columns, for a FROM."""
    arrays = ", ".join(
        of_numbers(f":{name}", type) if type in WHOLE else f"CAST(:{name} AS {type}[])"
        for name, type in types.items()
    )
    return f"unnest({arrays}) AS told ({', '.join(types)})"


def beside(types: Types, of: str, where: str) -> str:
    """The rows of the table `of` for each of those rows, for a FROM.

    Each is looked for by itself, so an index on `where` leads to it. PostgreSQL would rather read
    all of a large table for some thousand rows, which takes longer.
    """
    return f"{table(types)}, LATERAL (SELECT * FROM {of} WHERE {where} OFFSET 0) AS {of}"


def bound(types: Types, rows: Iterable[Sequence[Any]]) -> dict[str, list[Any] | str]:
    """The parameters for `table`."""
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    return {
        name: array(column) if type in WHOLE else list(column)
        for (name, type), column in zip(types.items(), columns, strict=True)
    }


def update(of: str, key: str, types: Types, values: Mapping[str, str]) -> TextClause:
    """An UPDATE of the rows whose `key` is in the parameters."""
    sets = (f"{name} = {values.get(name, f'told.{name}')}" for name in types if name != key)
    return text(
        f"UPDATE {of} SET {', '.join(sets)} FROM {table(types)} WHERE {of}.{key} = told.{key}"
    )


async def copy(
    session: AsyncSession, into: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Add rows to a table by COPY, several times as fast as by INSERT. Raises DBAPIError.

    Another statement must have begun the transaction. Columns that are None in all rows are left
    to their defaults, as that is most columns of most batches.
    """
    all_values = zip(columns, zip(*rows, strict=True), strict=False)
    values = {name: each for name, each in all_values if each.count(None) < len(each)}
    if not values:
        return
    connection = await (await session.connection()).get_raw_connection()
    driver: asyncpg.Connection = connection.driver_connection
    try:
        records = zip(*values.values(), strict=True)
        await driver.copy_records_to_table(into, columns=list(values), records=records)
    except asyncpg.PostgresError as error:
        raise DBAPIError(f"COPY {into}", None, error, hide_parameters=True) from error


async def numbered(session: AsyncSession, table: str, column: str, count: int) -> Sequence[int]:
    """The next `count` numbers of a column that is an identity."""
    query = text(
        "SELECT array_agg(nextval(sequence)) FROM generate_series(1, :count), "
        "(SELECT CAST(pg_get_serial_sequence(:table, :column) AS regclass) AS sequence OFFSET 0)"
    )
    numbers: Sequence[int] = (
        await session.execute(query, {"table": table, "column": column, "count": count})
    ).scalar_one()
    return numbers
