"""Many rows as the parameters of one statement: an array for each column."""

# ruff: noqa: S608 - the statements are built from constants

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause, text

Types = Mapping[str, str]
"""The PostgreSQL types of columns, by their names."""


def table(types: Types) -> str:
    """The rows of the parameters as a table with these columns, for a FROM."""
    arrays = ", ".join(f"CAST(:{name} AS {type}[])" for name, type in types.items())
    return f"unnest({arrays}) AS told ({', '.join(types)})"


def bound(types: Types, rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    """The parameters for `table`."""
    rows = list(rows)
    return {name: [row[place] for row in rows] for place, name in enumerate(types)}


def insertion(into: str, types: Types, values: Mapping[str, str], after: str = "") -> TextClause:
    """An INSERT of the rows of the parameters; `values` are columns that are computed from them."""
    computed = {name: values.get(name, f"told.{name}") for name in types}
    return text(
        f"INSERT INTO {into} ({', '.join(computed)}) SELECT {', '.join(computed.values())} "
        f"FROM {table(types)} {after}"
    )


def update(of: str, key: str, types: Types, values: Mapping[str, str]) -> TextClause:
    """An UPDATE of the rows whose `key` is in the parameters."""
    sets = (f"{name} = {values.get(name, f'told.{name}')}" for name in types if name != key)
    return text(
        f"UPDATE {of} SET {', '.join(sets)} FROM {table(types)} WHERE {of}.{key} = told.{key}"
    )
