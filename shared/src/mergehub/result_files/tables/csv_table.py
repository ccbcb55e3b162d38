"""The lines of a CSV or TSV file as mappings from column to cell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from mergehub.lineage_files.rows import Skipped
from mergehub.lineage_files.tables.csv_rows import rows as csv_rows
from mergehub.lineage_files.text import Readable, lines
from mergehub.result_files.mapping import MOST_COLUMNS
from mergehub.result_files.rows import Refused, Unreadable

MOST_TITLES = 5
DELIMITERS = ("\t", ",", ";", "|")
Line = tuple[int, dict[str, Any]]


def csv_lines(source: Readable) -> Iterator[Line | Refused]:
    """Each line with its number; one with too many cells is refused.

    Raises:
        Unreadable: it has no header, or one with too many columns or with a column twice.
    """
    filled = lines(source)
    first = _header_line(filled)
    if first is None or isinstance(first, Skipped):
        why = "is empty" if first is None else f"cannot be read: {first.reason}"
        raise Unreadable(f"{source.name} {why}.")
    delimiter = max(DELIMITERS, key=first[1].count)
    width = 0

    def is_torn(cells: list[str]) -> bool:
        return len(cells) != width

    read = csv_rows(chain([first], filled), delimiter, is_torn)
    header = next(read, None)
    if header is None or isinstance(header, Skipped):
        raise Unreadable(f"{source.name} has no header that can be read.")
    columns = _columns(header[1], source.name)
    width = len(columns)
    for line in read:
        if isinstance(line, Skipped):
            yield Refused(line.line, line.reason)
            continue
        number, cells = line
        cells = [each.strip() for each in cells]
        if len(cells) > width and any(cells[width:]):
            yield Refused(number, f"it has {len(cells)} cells, and the header {width}")
        elif any(cells) and not _is_rule(cells):
            yield number, dict(zip(columns, cells, strict=False))


def _header_line(filled: Iterator[Any]) -> Any:
    """The first line with a delimiter, after at most a few with a title; else the first one."""
    start = list(islice(filled, 1))
    for line in islice(filled, MOST_TITLES) if start and not _divides(start[0]) else ():
        if _divides(line):
            return line
    return start[0] if start else None


def _divides(line: Any) -> bool:
    return isinstance(line, Skipped) or any(each in line[1] for each in DELIMITERS)


def _columns(header: list[str], name: str) -> list[str]:
    columns = [each.strip().strip("\ufeff") for each in header]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MOST_COLUMNS:
        raise Unreadable(f"{name} has more than {MOST_COLUMNS} columns.")
    named = [each for each in columns if each]
    if twice := next((each for each in named if named.count(each) > 1), None):
        raise Unreadable(f"{name} has the column {twice!r} twice: give one another name.")
    return columns


def _is_rule(cells: list[str]) -> bool:
    """Whether a line only draws the rule below the header of a Markdown table."""
    return all(not each.strip(":-") for each in cells) and any("---" in each for each in cells)
