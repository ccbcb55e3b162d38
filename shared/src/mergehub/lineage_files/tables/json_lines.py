"""Edge lists and descriptions of models as JSON Lines, or as one JSON list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from mergehub.lineage_files.model_info import is_model_info, rows_of_model
from mergehub.lineage_files.rows import Corrected, Row, Skipped, Unreadable
from mergehub.lineage_files.text import Line, lines, whole

from .columns import fields_of, record, unknown_among
from .records import rows_of

LONGEST_LIST = 64 << 20
MOST_UNKNOWN = 100


def read_json(path: Path) -> Iterator[Row]:
    """The rows of a file with one object on each line, or with one list of objects.

    An object names a child with its parent or parents, or describes a model; the latter may be a
    model's information from the Hugging Face Hub.

    Raises:
        Unreadable: a list that is too long, or is not JSON.
    """
    seen: set[str] = set()
    for line, value in _values(path):
        if isinstance(value, Skipped):
            yield value
        elif not isinstance(value, dict):
            yield Skipped(line, "", "", "this is not a JSON object", "malformed")
        elif is_model_info(value):
            yield from rows_of_model(value, line)
        else:
            fields = fields_of(value)
            for column in unknown_among(value, fields):
                if column not in seen and len(seen) < MOST_UNKNOWN:
                    seen.add(column)
                    yield Corrected(
                        line, column[:100], "", "", "this field is not known, and not read"
                    )
            yield from rows_of(record(fields, value), line)


def _values(path: Path) -> Iterator[tuple[int, Any]]:
    source = lines(path)
    first = next((line for line in source if isinstance(line, Skipped) or line[1].strip()), None)
    if first is None:
        return
    if not isinstance(first, Skipped) and _is_whole(first[1]):
        yield from enumerate(_document(path), 1)
        return
    for line in chain([first], source):
        if isinstance(line, Skipped):
            yield line.line or 0, line
        elif line[1].strip():
            yield line[0], _value(line)


def _is_whole(first: str) -> bool:
    """Whether the file is one JSON document: a list, or an object that does not end on its line."""
    if first.lstrip().startswith("["):
        return True
    return first.lstrip().startswith("{") and isinstance(_value((1, first)), Skipped)


def _value(line: Line) -> Any:
    try:
        return json.loads(line[1])
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        return Skipped(line[0], "", "", f"the line is not JSON: {why}", "malformed")


def _document(path: Path) -> list[Any]:
    try:
        found = json.loads(whole(path, LONGEST_LIST).strip())
    except (ValueError, RecursionError):
        raise Unreadable(f"{path.name} is neither JSON Lines nor one JSON document.") from None
    return found if isinstance(found, list) else [found]
