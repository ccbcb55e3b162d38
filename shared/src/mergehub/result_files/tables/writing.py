"""Rows as CSV and as JSON Lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from mergehub.contracts.results import ResultRow

NOT_COLUMNS = ("items", "claims", "line", "place")
COLUMNS = tuple(each for each in ResultRow.model_fields if each not in NOT_COLUMNS)
AT_ONCE = 500


def csv_text(rows: Iterable[ResultRow]) -> Iterator[str]:
    """A table with a line for each score; item scores and claims have no column."""
    held = io.StringIO()
    table = csv.writer(held, lineterminator="\n")
    table.writerow(COLUMNS)
    for number, row in enumerate(rows, 1):
        plain = row.model_dump(mode="json", include=set(COLUMNS))
        table.writerow([_cell(plain[each]) for each in COLUMNS])
        if number % AT_ONCE == 0:
            yield held.getvalue()
            held.seek(0)
            held.truncate()
    yield held.getvalue()


def json_text(rows: Iterable[ResultRow]) -> Iterator[str]:
    """An object on each line, with all that is known."""
    for row in rows:
        plain = row.model_dump_json(exclude_none=True, exclude={"line", "place"})
        yield f"{plain}\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)
