"""Edge lists as CSV, whatever separates their columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from mergehub.lineage_files.model_info import is_model_info, rows_of_model
from mergehub.lineage_files.names import is_usual
from mergehub.lineage_files.records.columns import fields_of, is_pair, unknown_among
from mergehub.lineage_files.records.records import rows_of
from mergehub.lineage_files.rows import Corrected, Row, Skipped, Unreadable
from mergehub.lineage_files.text import Line, lines
from mergehub.lineage_files.values import listed

from .csv_rows import rows

Fields = Mapping[str, str]
DELIMITERS = ",;\t| "
MOST_COLUMNS = 200
BEFORE_HEADER = 100
_QUOTED = ("'=", "'+", "'-", "'@")
_ANY: Mapping[str, list[str]] = {"tags": [], "cardData": [], "card_data": []}
"""Columns whose cells hold lists or objects, as an export of the Hugging Face Hub has them."""
_COMMENT = re.compile(r"\s*(#|//)")


def read_csv(path: Path, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """The rows of an edge list. `columns` names the columns of a file that has no header.

    Raises:
        Unreadable: no column can be told to be the parent or the child.
    """
    source: Iterator[Line | Skipped] = filter(_counts, lines(path))
    line, first = _first(source, path.name)
    delimiter = _delimiter(first, columns)
    header = _cells(first, delimiter)
    if columns is None:
        columns = header
    elif _is_header(header):
        reason = "the first line names columns, and --columns counts instead"
        yield Corrected(line, "header", first.strip()[:200], ",".join(columns), reason)
    else:
        source = chain([(line, first)], source)
    fields = fields_of(columns)
    if not {"parent", "child"} <= fields.keys() and "name" not in fields:
        raise Unreadable(_no_columns(path.name, columns))
    yield from _of_header(columns, fields, line)
    yield from _rows(source, delimiter, columns, fields)


def _rows(
    source: Iterator[Line | Skipped], delimiter: str, columns: Sequence[str], fields: Fields
) -> Iterator[Row]:
    names = [columns.index(fields[each]) for each in ("child", "parent") if each in fields]
    of_model, pair = (
        is_model_info({column: _ANY.get(column, "x") for column in columns}),
        is_pair(fields),
    )

    def is_torn(cells: list[str]) -> bool:
        return any("\n" in cell for place, cell in enumerate(cells) if place in names)

    places = [(field, columns.index(column)) for field, column in fields.items()]
    for row in rows(source, delimiter, is_torn):
        if isinstance(row, Skipped):
            yield row
            continue
        number, cells = row
        if len(cells) > len(columns) and any(each.strip() for each in cells[len(columns) :]):
            reason = f"the row has {len(cells)} columns, and the header {len(columns)}"
            yield Skipped(number, "", "", reason, "columns")
        elif of_model:
            told = zip(columns, map(str.strip, cells), strict=False)
            yield from rows_of_model({each: listed(cell) for each, cell in told if cell}, number)
        elif said := _said(cells, places):
            yield from rows_of(said, number, is_pair=pair)
        elif any(each.strip() for each in cells):
            yield Skipped(number, "", "", "the line names no parent", "no-parent")


def _said(cells: list[str], places: list[tuple[str, int]]) -> dict[str, str]:
    """The cells of a row by their fields; what is empty is left out."""
    count = len(cells)
    return {
        field: cell if cell[0] != "'" else _plain(cell)
        for field, place in places
        if place < count and (cell := cells[place].strip())
    }


def _counts(line: Line | Skipped) -> bool:
    """Whether a line is no comment."""
    return isinstance(line, Skipped) or _COMMENT.match(line[1]) is None


def _first(source: Iterator[Line | Skipped], name: str) -> Line:
    """The first line that is not a comment."""
    line = next(source, None)
    if line is None or isinstance(line, Skipped) or line[0] > BEFORE_HEADER:
        raise Unreadable(f"{name} has no header: its first line must name the columns.")
    return line


def _delimiter(header: str, columns: Sequence[str] | None) -> str:
    """The delimiter by which a header has a parent and a child, else the one that divides most.

    A space is the last that is considered, since names of columns may have one.
    """

    def merit(delimiter: str) -> tuple[int, bool, int]:
        cells = _cells(header, delimiter)
        if columns is not None:
            return -abs(len(cells) - len(columns)), delimiter != " ", len(cells)
        known = len({"parent", "child"} & fields_of(cells).keys())
        return known, delimiter != " ", len(cells)

    return max(DELIMITERS, key=merit)


def _is_header(cells: list[str]) -> bool:
    return {"parent", "child"} <= fields_of(cells).keys() or "name" in fields_of(cells)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        found = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []
    return [each.strip() for each in found[:MOST_COLUMNS]]


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from computing it."""
    return cell[1:] if cell.startswith(_QUOTED) else cell


def _of_header(columns: Sequence[str], fields: Fields, line: int) -> Iterator[Corrected]:
    for column in unknown_among(columns, fields):
        yield Corrected(line, column[:100], "", "", "this column is not known, and not read")
    if is_pair(fields):
        reason = "read as: this model is the parent"
        yield Corrected(line, "parent", fields["parent"], "parent", reason)


def _no_columns(name: str, columns: Sequence[str]) -> str:
    named = ", ".join(columns[:20])[:200]
    if len(columns) > 1 and all(map(is_usual, columns[:2])):
        return (
            f"{name} has no header: its first line is already a row ({named}). Say which column is "
            "which: --columns parent,child, or --columns child,parent."
        )
    return (
        f"{name} has no columns `parent` and `child`; its columns are: {named}. Name them in "
        "its first line, or with --columns for a file without a header: --columns parent,child."
    )
