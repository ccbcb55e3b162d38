"""The items of an evaluation, from files of samples, JSON Lines or CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mergehub.lineage_files.rows import Skipped, Unreadable
from mergehub.lineage_files.tables.json_values import values as json_values
from mergehub.lineage_files.text import Readable, lines
from mergehub.result_files.rows import Refused
from mergehub.result_files.tables.csv_table import csv_lines

FIELDS = (
    "question", "query", "problem", "prompt", "input", "goal", "ctx", "context", "sentence",
    "text", "instruction", "passage", "premise", "stem",
)  # fmt: skip
"""Fields that hold what is asked, the likeliest first."""
LONGEST = 1 << 20
MOST_ITEMS = 1_000_000


class Item(NamedTuple):
    """An item: its name in reports, and its text."""

    name: str
    text: str


def read_items(source: Readable, fields: Sequence[str] = ()) -> Iterator[Item]:
    """The items of a file: of each, the texts of these fields, or of the usual one that it has.

    Raises:
        Unreadable: it cannot be read, has too many items, or an item has no such field.
    """
    number = 0
    for line, record in _records(source):
        number += 1
        if number > MOST_ITEMS:
            raise Unreadable(f"{source.name} has more than {MOST_ITEMS} items: check parts.")
        yield item_of(record, line, fields, source.name)
    if not number:
        raise Unreadable(f"{source.name} has no items.")


def _records(source: Readable) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if not _is_json(source):
        for told in csv_lines(source):
            if isinstance(told, Refused):
                raise Unreadable(f"{source.name}, line {told.line}: {told.why}.")
            yield told
        return
    for line, value in json_values(source):
        if isinstance(value, Skipped):
            raise Unreadable(f"{source.name}, line {line}: {value.reason}.")
        for place, each in enumerate(value if isinstance(value, list) else [value], line):
            if not isinstance(each, str | dict):
                raise Unreadable(f"{source.name}, line {place}: this is not a JSON object.")
            yield place, {"text": each} if isinstance(each, str) else each


def _is_json(source: Readable) -> bool:
    first = next(lines(source), None)
    return isinstance(first, tuple) and first[1].lstrip()[:1] in ("{", "[")


def item_of(record: Mapping[str, Any], line: int, fields: Sequence[str], file: str) -> Item:
    """The item that a record states. Raises Unreadable if it has no text."""
    doc = record.get("doc")
    told = doc if isinstance(doc, dict) else record
    found = [_text(_at(told, each)) for each in fields or _usual(told)]
    if not any(found):
        wanted = ", ".join(fields) or "any of " + ", ".join(FIELDS)
        known = ", ".join(map(str, list(told)[:20]))
        raise Unreadable(f"{file}, line {line}: the item has no text in {wanted}; it has {known}.")
    name = record.get("doc_hash") or told.get("id") or told.get("task_id") or f"line {line}"
    return Item(str(name)[:200], "\n".join(each for each in found if each)[:LONGEST])


def _usual(record: Mapping[str, Any]) -> list[str]:
    by_name = {str(each).lower(): str(each) for each in record}
    return [by_name[each] for each in FIELDS if each in by_name][:1]


def _at(record: Mapping[str, Any], field: str) -> Any:
    """The value of a field, or of one within it: `question.stem`."""
    found: Any = record
    for part in [field] if field in record else field.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(each for each in map(_text, value) if each)
    return value.strip() if isinstance(value, str) else ""
