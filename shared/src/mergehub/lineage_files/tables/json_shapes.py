"""The forms that people give to lineage in JSON, each as records of one form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mergehub.lineage_files.names import is_usual
from mergehub.lineage_files.records.columns import bare_name, fields_of

Value = Mapping[str, Any]
WRAPPERS = frozenset({
    "edges", "links", "rows", "data", "items", "models", "records", "results", "lineage",
    "relations", "relationships", "graph", "row", "entries", "list",
})  # fmt: skip
"""Fields that hold nothing but the records themselves."""


def is_record(value: Value) -> bool:
    """Whether an object says something about an edge or a model by the names of its fields."""
    fields = fields_of(value)
    return "parent" in fields or "name" in fields


def wrapped(value: Value) -> list[Any]:
    """The lists or objects that an object holds for others; none if it is a record itself."""
    if "parent" in fields_of(value):
        return []
    held = [each for field, each in value.items() if bare_name(field) in WRAPPERS]
    return [each for each in held if isinstance(each, list | dict)]


def of_columns(value: Value) -> Iterator[Value]:
    """Records from a table by columns, as pandas writes one: `split`, or an object per column."""
    columns, rows = value.get("columns"), value.get("data")
    if isinstance(columns, list) and isinstance(rows, list):
        yield from (dict(zip(map(str, columns), row, strict=False)) for row in _lists(rows))
    elif (
        all(isinstance(each, dict) for each in value.values())
        and {"parent", "child"} <= fields_of(value).keys()
    ):
        for place in next(iter(value.values())):
            yield {column: cells.get(place) for column, cells in value.items()}


def of_mapping(value: Value) -> Iterator[Value]:
    """Records from an object whose keys are children, each with its parents or its fields."""
    if not value or not is_usual(next(iter(value))):
        return
    for child, told in value.items():
        if told in (None, [], {}, ""):
            yield {"name": child}
        elif isinstance(told, dict) and is_record(told):
            yield {**told, "child": child} if "parent" in fields_of(told) else {"name": child}
        else:
            yield {"child": child, "parent": told}


def of_tree(value: Value) -> Iterator[Value]:
    """Records from a parent with the list of its `children`, who may have their own."""
    waiting = [value]
    while waiting:
        parent = waiting.pop()
        name = _name(parent)
        children = parent.get("children")
        for child in children if isinstance(children, list) else []:
            if not isinstance(child, dict):
                child = {"name": child}
            waiting.append(child)
            own = {field: each for field, each in child.items() if field != "children"}
            yield {**_without_name(own), "child": _name(child), "parent": name}


def is_tree(value: Value) -> bool:
    return isinstance(value.get("children"), list) and _name(value) is not None


def _name(value: Value) -> Any:
    fields = fields_of(value)
    column = fields.get("name") or fields.get("parent")
    return value.get(column) if column else None


def _without_name(value: Value) -> Value:
    fields = fields_of(value)
    return {field: each for field, each in value.items() if field != fields.get("name")}


def _lists(rows: Sequence[Any]) -> Iterator[list[Any]]:
    return (each for each in rows if isinstance(each, list))
