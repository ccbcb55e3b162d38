"""Reads a table, with the mapping that is given or with one that it guesses."""

from __future__ import annotations

from collections.abc import Iterator
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
        for line in lines:
            told = line if isinstance(line, Refused) else long.row(line[1], fields, line[0])
            yield long.as_share(told) if percent else told
        return
    if mapping is None:
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
