"""CSV (RFC 4180): a row for each edge. `mergehub lineage import` reads it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from lineage.exports.records import Model
from lineage.exports.rows import EDGE_FIELDS, edge_row

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins with one of these for a formula."""


class CommaSeparated:
    media_type = "text/csv; charset=utf-8"
    suffix = "csv"

    def begin(self) -> str:
        return _line(EDGE_FIELDS)

    def model(self, model: Model) -> str:
        rows = (edge_row(model, parent) for parent in model.parents)
        return "".join(_line(map(_cell, (row[field] for field in EDGE_FIELDS))) for row in rows)

    def end(self) -> str:
        return ""


def _line(cells: Any) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _cell(value: Any) -> Any:
    """A cell; text that a spreadsheet would compute begins with an apostrophe, so that it does not.

    A NUL, which no reader of CSV takes, is left out.
    """
    if isinstance(value, list):
        return json.dumps(value)
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA) else text
