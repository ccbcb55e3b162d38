"""Reads a table, with the mapping that is given or with one that it guesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from mergehub.result_files.mapping import Mapping
from mergehub.result_files.rows import Noted, Refused, Said, Unreadable

from . import long
from .guessing import guess
from .wide import Table

LOOKED_AT = 2_000
"""How many lines a guess is made from."""
Line = tuple[int, dict[str, Any]]


def read_table(
    source: Iterator[Line | Refused], name: str, mapping: Mapping | None
) -> Iterator[Said | Mapping]:
    """The rows of a table; before them the mapping, if it was guessed.

    Raises:
        Unreadable: its columns are not those of the mapping, or no mapping can be guessed.
    """
    first = list(islice(source, LOOKED_AT))
    known = [line[1] for line in first if not isinstance(line, Refused)]
    columns = list(dict.fromkeys(column for cells in known for column in cells if column))
    lines = chain(first, source)
    fields = long.fields_of(columns) if mapping is None else None
    if fields is not None:
        percent = long.percentages(known, fields)
        if percent:
            yield Noted(f"the scores in column {fields['value']} are taken for percentages")
        yield from _long(lines, columns, fields, percent)
        return
    if mapping is None:
        if not known:
            raise Unreadable(f"{name} has no rows of a table, at most a header.")
        made = guess(columns, known)
        if isinstance(made, str):
            raise Unreadable(f"{name} is not a table of results: {made}. A mapping says so.")
        mapping = made.mapping
        yield mapping
        yield from map(Noted, made.notes)
    elif missing := sorted(mapping.columns() - set(columns)):
        raise Unreadable(
            f"{name} lacks the columns {', '.join(missing)} of the mapping; it has: "
            f"{', '.join(columns)}."
        )
    table = Table(mapping, known)
    for line in lines:
        if isinstance(line, Refused):
            yield line
        else:
            yield from table.rows(line[1], line[0])


def _long(
    lines: Iterable[Line | Refused], columns: list[str], fields: dict[str, str], percent: bool
) -> Iterator[Said]:
    """The row of each line. Lines of JSON leave out what is empty, so a column may begin late."""
    seen = set(columns)
    for line in lines:
        if isinstance(line, Refused):
            yield line
            continue
        number, cells = line
        if not cells.keys() <= seen:
            seen |= cells.keys()
            fields = (long.fields_of(cells) or {}) | fields
        told = long.row(cells, fields, number)
        yield long.as_share(told) if percent else told
