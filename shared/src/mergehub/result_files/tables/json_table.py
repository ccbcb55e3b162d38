"""The records of a table in JSON: a list or lines of objects, columns beside rows, or wrapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mergehub.lineage_files.rows import Skipped
from mergehub.result_files.headers import bare
from mergehub.result_files.rows import Refused

from .column_names import MODEL
from .long import fields_of
from .pointers import Pointers

WRAPPERS = ("rows", "data", "results", "items", "models", "leaderboard", "entries", "records")
DEEPEST = 3
Line = tuple[int, dict[str, Any]]


def json_lines(values: Iterator[tuple[int, Any]], pointers: Pointers) -> Iterator[Line | Refused]:
    """Each record with its line, or the number by which `pointers` knows its place."""
    for line, value in values:
        if isinstance(value, Skipped):
            yield Refused(value.line, value.reason)
        else:
            yield from _records(value, line, 0, pointers)


def _records(value: Any, line: int, depth: int, pointers: Pointers) -> Iterator[Line | Refused]:
    if isinstance(value, dict):
        yield from _object(value, line, depth, pointers)
    elif isinstance(value, list) and depth < DEEPEST:
        for place, each in enumerate(value, line):
            yield from _records(each, place, depth + 1, pointers)
    else:
        yield Refused(line, "this is not a JSON object")


def _object(
    value: dict[str, Any], line: int, depth: int, pointers: Pointers
) -> Iterator[Line | Refused]:
    if fields_of(value):
        yield line, value
        return
    columns, data = value.get("columns", value.get("headers")), value.get("data")
    if isinstance(columns, list) and isinstance(data, list):
        pointers.add_list(line, "data")
        for place, each in enumerate(data, line):
            if isinstance(each, list):
                yield place, dict(zip(map(str, columns), each, strict=False))
        return
    if isinstance(value.get("row"), dict):  # as the data server of Hugging Face wraps them
        yield line, value["row"]
        return
    if depth < DEEPEST:
        for name in WRAPPERS:
            held = value.get(name)
            if isinstance(held, list) and held and isinstance(held[0], dict | list):
                pointers.add_list(line, name)
                yield from _records(held, line, depth + 1, pointers)
                return
    if value and all(isinstance(each, dict) for each in value.values()):
        yield from _nested(value, line, pointers)
        return
    yield line, value


def _nested(value: dict[str, dict[str, Any]], line: int, pointers: Pointers) -> Iterator[Line]:
    """Records from an object of objects: of models, of rows by their numbers, or of columns."""
    if any(bare(column) in MODEL for column in value):
        for place, key in enumerate(next(iter(value.values())), line):
            yield place, {column: cells.get(key) for column, cells in value.items()}
        return
    pointers.add_named(line, value)
    for place, (name, each) in enumerate(value.items(), line):
        named = any(bare(column) in MODEL for column in each)
        yield place, each if named else {"model": name, **each}
