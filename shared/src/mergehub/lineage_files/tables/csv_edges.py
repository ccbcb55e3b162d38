"""Edge lists as CSV, whatever separates their columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from mergehub.lineage_files.rows import Corrected, Row, Skipped, Unreadable
from mergehub.lineage_files.text import Line, lines

from .columns import fields_of, record, unknown_among
from .csv_rows import rows
from .records import rows_of

DELIMITERS = ",;\t|"
MOST_COLUMNS = 200
BEFORE_HEADER = 100
_QUOTED = ("'=", "'+", "'-", "'@")
_BEGINS = re.compile(r"\s*(#|//)")


def read_csv(path: Path, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """The rows of an edge list. `columns` names the columns of a file that has no header.

    Raises:
        Unreadable: no column can be told to be the parent or the child.
    """
    source = lines(path)
    line, first = _first(source, path.name)
    if columns is None:
        delimiter = _delimiter(first)
        columns = _cells(first, delimiter)
    else:
        delimiter = max(DELIMITERS, key=first.count)
        source = chain([(line, first)], source)
    fields = fields_of(columns)
    if not {"parent", "child"} <= fields.keys() and "name" not in fields:
        raise Unreadable(_no_columns(path.name, columns))
    yield from _of_header(columns, fields, line)
    names = [columns.index(fields[each]) for each in ("child", "parent") if each in fields]

    def is_torn(cells: list[str]) -> bool:
        return any("\n" in cell for place, cell in enumerate(cells) if place in names)

    for row in rows(source, delimiter, is_torn):
        if isinstance(row, Skipped):
            yield row
            continue
        number, cells = row
        if len(cells) > len(columns):
            reason = f"the row has {len(cells)} columns, and the header {len(columns)}"
            yield Skipped(number, "", "", reason, "columns")
            continue
        told = dict(zip(columns, map(_plain, cells), strict=False))
        yield from rows_of(record(fields, told), number)


def _first(source: Iterator[Line | Skipped], name: str) -> Line:
    """The first line that is neither empty nor a comment."""
    for line in source:
        if isinstance(line, Skipped) or line[0] > BEFORE_HEADER:
            break
        if line[1].strip() and not _BEGINS.match(line[1]):
            return line
    raise Unreadable(f"{name} has no header: its first line must name the columns.")


def _delimiter(header: str) -> str:
    """The delimiter by which a header has a parent and a child, else the one that divides most."""

    def merit(delimiter: str) -> tuple[int, int]:
        columns = _cells(header, delimiter)
        return len({"parent", "child"} & fields_of(columns).keys()), len(columns)

    return max(DELIMITERS, key=merit)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        found = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []
    return [each.strip() for each in found[:MOST_COLUMNS]]


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from computing it."""
    return cell[1:] if cell.startswith(_QUOTED) else cell


def _of_header(columns: Sequence[str], fields: dict[str, str], line: int) -> Iterator[Corrected]:
    for column in unknown_among(columns, fields):
        yield Corrected(line, column[:100], "", "", "this column is not known, and not read")
    if fields.get("parent", "").lower() in ("source", "from"):
        reason = "read as: this model is the parent"
        yield Corrected(line, "parent", fields["parent"], "parent", reason)


def _no_columns(name: str, columns: Sequence[str]) -> str:
    named = ", ".join(columns[:20])
    return (
        f"{name} has no columns `parent` and `child`; its columns are: {named[:200]}. Name them in "
        "its first line, or with --columns for a file without a header: --columns parent,child."
    )
