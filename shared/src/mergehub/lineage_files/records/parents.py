"""The parents that one line of an edge list names, and what it says of each of them alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mergehub.lineage_files.names import is_usual
from mergehub.lineage_files.values import listed

from .columns import NAMES, OF_EACH, PARENT, fields_of, record

LONGEST = 100_000
PLAIN = NAMES.keys()
"""The fields of a line that has no column for each parent."""
_BETWEEN = re.compile(r"[,;|\n]")
_BETWEEN_NUMBERS = re.compile(r"[;|]|,\s+|\s+")


class Parent(NamedTuple):
    """A parent's name as it is written, and the fields that hold for it alone."""

    written: Any
    own: Mapping[str, Any]


def parents_of(said: Mapping[str, Any]) -> list[Parent]:
    """The parents of a record: one, a list, an object of names and weights, or some columns."""
    only = said.get(PARENT)
    if isinstance(only, str) and is_usual(only) and not said.keys() - PLAIN:
        return [Parent(only, {})]
    numbered = [field for field in said if field.startswith("parent ")]
    if numbered:
        return _of_columns(said, numbered)
    found = list(_named(said.get(PARENT)))
    if len(found) < 2:
        return found
    shared = {field: each for field in OF_EACH if (each := _each(said.get(field), len(found)))}
    if not shared:
        return found
    return [
        Parent(one.written, {**{of: values[place] for of, values in shared.items()}, **one.own})
        for place, one in enumerate(found)
    ]


def _of_columns(said: Mapping[str, Any], numbered: Sequence[str]) -> list[Parent]:
    found = []
    for field in numbered:
        number = field.removeprefix(PARENT)
        own = {of: said[of + number] for of in OF_EACH if of + number in said}
        found.append(Parent(said[field], own))
    if said.get(PARENT) not in (None, *(one.written for one in found)):
        found.insert(0, Parent(said[PARENT], {}))
    return found


def _named(written: Any) -> Iterator[Parent]:
    """The parents in one value, whatever its form."""
    if isinstance(written, str):
        written = _parts(written)
    if isinstance(written, Mapping):
        yield from _of_object(written)
    elif isinstance(written, list | tuple):
        for each in written:
            if isinstance(each, Mapping):
                yield from _of_object(each)
            else:
                yield Parent(each, {})
    elif written is not None:
        yield Parent(written, {})


def _of_object(told: Mapping[str, Any]) -> Iterator[Parent]:
    """`{"id": …, "weight": …}`, `{"relation": …, "models": […]}`, or names with their weights."""
    said = record(fields_of(told), told)
    name = said.pop("name", None) or said.pop(PARENT, None)
    own = {field: value for field, value in said.items() if field not in ("child", "source")}
    if isinstance(told.get("models"), list):
        for each in told["models"]:
            if isinstance(each, Mapping):
                each = record(fields_of(each), each).get("name")
            yield Parent(each, own)
    elif name is not None:
        yield Parent(name, own)
    else:
        for each, value in told.items():
            yield Parent(each, _of_value(value))


def _of_value(value: Any) -> Mapping[str, Any]:
    """What stands beside a parent's name: its weight, or fields of its own."""
    if isinstance(value, Mapping):
        return record(fields_of(value), value)
    return {} if value is None or isinstance(value, str | bool) else {"weight": value}


def _parts(written: str) -> Any:
    """A text as the list or object that it shows, or as the names between marks."""
    if written.lstrip()[:1] in ("[", "{"):
        return listed(written)
    if _BETWEEN.search(written):
        parts = [each.strip() for each in _BETWEEN.split(written[:LONGEST]) if each.strip()]
        if parts and all("/" in each for each in parts):
            return parts
    return written


def _each(value: Any, count: int) -> Sequence[Any] | None:
    """A value for each parent, if a field holds so many."""
    if isinstance(value, str):
        text = value.strip().strip("[]()").strip()
        parts = _BETWEEN_NUMBERS.split(text)
        if len(parts) != count and ("." in text or text != value.strip()):
            parts = text.split(",")  # else it is a decimal comma
        value = [each.strip().strip("\"'") for each in parts]
    return value if isinstance(value, list | tuple) and len(value) == count else None
