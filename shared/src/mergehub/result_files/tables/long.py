"""Tables with a line for each score, as a hub exports them: model, benchmark, value."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping as Fields
from typing import Any

from mergehub.contracts.results import ResultRow
from mergehub.lineage_files.names import BadName
from mergehub.result_files import values
from mergehub.result_files.models import model_named
from mergehub.result_files.rows import Refused, row_of, shown
from mergehub.result_files.scales import HUNDRED, guessed, is_natural
from mergehub.result_files.values import NOTHING

NEEDED = ("model", "benchmark", "value")
FIELDS = tuple(ResultRow.model_fields)
SAME = {
    "score": "value", "task": "benchmark", "modelname": "model", "stderror": "stderr",
    "standarderror": "stderr", "se": "stderr", "n": "count", "numfewshot": "shots",
    "nshot": "shots", "fewshot": "shots", "dtype": "precision", "date": "evaluated_on",
}  # fmt: skip
"""Other names of columns, as they are compared."""
WHOLE = ("count", "of", "shots", "seed")
REPORTED = frozenset({"id", "source", "createdat", "run", "full", "origin", "account", "history",
                      "binary", "low", "high", "note", "line", "place"})  # fmt: skip
"""Columns of a hub's own lists that an import does not take."""


PLACES = ("line", "place")
"""Fields that a reader finds out by itself."""


def fields_of(columns: Iterable[str]) -> dict[str, str] | None:
    """Which column has which field of a row; None if it is not a table of scores."""
    found: dict[str, str] = {}
    for column in columns:
        key = column.strip().lower().replace("-", "_").replace(" ", "_")
        field = key if key in FIELDS else SAME.get(key.replace("_", ""))
        if field and field not in PLACES:
            found.setdefault(field, column)
    return found if all(each in found for each in NEEDED) else None


def row(cells: Fields[str, Any], fields: Fields[str, str], line: int) -> ResultRow | Refused:
    """The row of one line."""
    told: dict[str, Any] = {"line": line}
    for field, column in fields.items():
        try:
            told[field] = _read(field, cells.get(column))
        except ValueError:
            why = f"{field}: {shown(cells.get(column))} is not what it must be"
            return Refused(line, why, *(shown(cells.get(fields[each], "")) for each in NEEDED[:2]))
    try:
        told["model"] = model_named(str(told["model"] or ""))
    except BadName as error:
        return Refused(line, str(error), shown(told["model"]), shown(told["benchmark"]))
    if told["value"] is None:
        return Refused(line, "there is no value", shown(told["model"]), shown(told["benchmark"]))
    return row_of(told)


def percentages(rows: Iterable[Fields[str, Any]], fields: Fields[str, str]) -> bool:
    """Whether the scores of a table are from 0 to 100, as most of them show; never a `value`.

    Exports of a hub call them so, and those are shares.
    """
    if fields["value"] == "value":
        return False
    found = (row_ for row_ in rows if not is_natural(*_words(row_, fields)))
    scores = (_number(row_.get(fields["value"])) for row_ in found)
    return guessed(score for score in scores if score is not None) == HUNDRED


def as_share(told: ResultRow | Refused) -> ResultRow | Refused:
    """A row whose score is a percentage, as a share of 1."""
    if isinstance(told, Refused) or is_natural(told.benchmark, told.metric):
        return told
    stderr = None if told.stderr is None else told.stderr / 100
    return told.model_copy(update={"value": told.value / 100, "stderr": stderr})


def _words(row: Fields[str, Any], fields: Fields[str, str]) -> tuple[str, ...]:
    return tuple(
        str(row.get(fields[each], "")) for each in ("benchmark", "metric") if each in fields
    )


def _number(cell: Any) -> float | None:
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def _read(field: str, cell: Any) -> Any:
    """The value of a field; texts, as CSV has them, become what the field needs."""
    if cell is None or not isinstance(cell, str):
        return cell
    text = cell.strip()
    if text.lower() in NOTHING and field not in ("model", "benchmark"):
        return None
    if field in ("value", "stderr"):
        return float(text)
    if field in WHOLE:
        return int(text)
    if field in ("limited", "chat_template"):
        if (told := values.truth(text)) is None:
            raise ValueError(text)
        return told
    if field in ("items", "claims"):
        return json.loads(text)
    return text
