"""Whether readers of one JSON Schema can read all that another one lets be written.

It knows the part of JSON Schema that pydantic writes, and refuses the rest, so that no change
passes that it does not understand. Unknown fields do no harm, unless the reader's schema says so
(`additionalProperties: false`). A new value of an enumeration does harm: readers that match every
value, as pydantic's `Literal` does, refuse the whole event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

SILENT = {"$defs", "title", "description", "default", "examples", "deprecated", "discriminator"}
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
EQUAL = ("format", "pattern", "multipleOf", "uniqueItems", "propertyNames", "contentMediaType")
KNOWN = SILENT | {
    "$ref", "anyOf", "oneOf", "type", "enum", "const", "properties", "required",
    "additionalProperties", "items", "prefixItems", "contentSchema", *LOWER, *UPPER, *EQUAL,
}  # fmt: skip


def unreadable(written: Schema, read: Schema) -> list[str]:
    """Why readers with one schema may refuse what the other lets be written.

    Raises ValueError if a schema has a part that this module does not know.
    """
    return list(_Comparison(written, read).faults(written, read, ""))


class _Comparison:
    def __init__(self, written: Schema, read: Schema) -> None:
        self._written: Schema = written.get("$defs", {})
        self._read: Schema = read.get("$defs", {})
        self._begun: set[tuple[int, int]] = set()  # which objects, by identity

    def faults(self, written: Schema, read: Schema, at: str) -> Iterator[str]:
        """The faults of a value at the path `at`."""
        written, read = _resolved(written, self._written), _resolved(read, self._read)
        if not read.keys() - SILENT:
            return
        if either := written.get("anyOf", written.get("oneOf")):
            for branch in either:
                yield from self.faults(branch, read, at)
        elif either := read.get("anyOf", read.get("oneOf")):
            yield from self._of_any(written, either, at)
        else:
            yield from _value_faults(written, read, at)
            if "contentSchema" in read:
                yield from self.faults(written.get("contentSchema", {}), read["contentSchema"], at)
            pair = id(written), id(read)
            if written.get("type") == "object" and pair not in self._begun:
                self._begun.add(pair)  # schemas may be recursive
                yield from self._object_faults(written, read, at)
            if written.get("type") == "array":
                yield from self._array_faults(written, read, at)

    def _of_any(self, written: Schema, branches: list[Schema], at: str) -> Iterator[str]:
        """None if one branch can read it, else the faults of the nearest branch."""
        before = set(self._begun)
        found = []
        for branch in branches:
            self._begun = set(before)
            faults = list(self.faults(written, branch, at))
            if not faults:
                return
            kind = _resolved(branch, self._read).get("type")
            found.append((kind != written.get("type"), kind == "null", len(faults), faults))
        self._begun = before
        yield from min(found)[-1]

    def _object_faults(self, written: Schema, read: Schema, at: str) -> Iterator[str]:
        told, known = written.get("properties", {}), read.get("properties", {})
        others = read.get("additionalProperties", True)
        for name in read.get("required", ()):
            if name not in told:
                yield f"{_in(at, name)} is not written, but readers need it"
            elif name not in written.get("required", ()):
                yield f"{_in(at, name)} may be left out, but readers need it"
        for name, schema in told.items():
            if name in known:
                yield from self.faults(schema, known[name], _in(at, name))
            elif others is False:
                yield f"{_in(at, name)} is unknown, and readers refuse unknown fields"
            elif others is not True:
                yield from self.faults(schema, others, _in(at, name))
        yield from self._faults_of_others(written.get("additionalProperties", False), others, at)

    def _faults_of_others(self, written: Any, read: Any, at: str) -> Iterator[str]:
        """The faults of additional fields: none allowed, any allowed, or those of a schema."""
        if written is False or read is True:
            return
        if read is False:
            yield f"{at or 'it'} may hold any field, and readers refuse unknown fields"
        else:
            yield from self.faults({} if written is True else written, read, _in(at, "*"))

    def _array_faults(self, written: Schema, read: Schema, at: str) -> Iterator[str]:
        told, known = written.get("prefixItems", []), read.get("prefixItems", [])
        if len(known) > len(told):
            yield f"{at}[] has {len(told)} fixed places, but readers need {len(known)}"
            return
        rest = read.get("items", {})
        for place, schema in enumerate(told):
            expected = known[place] if place < len(known) else rest
            yield from self.faults(schema, expected, f"{at}[{place}]")
        if "items" in written or not told:
            yield from self.faults(written.get("items", {}), rest, f"{at}[]")


def _value_faults(written: Schema, read: Schema, at: str) -> Iterator[str]:
    """The faults of the value itself: its type, its allowed values, its bounds."""
    told, known = written.get("type", "anything"), read.get("type")
    if known not in (None, told) and (told, known) != ("integer", "number"):
        yield f"{at or 'it'} may be {told}, but readers take {known}"
        return
    if (values := _values(read)) is not None:
        new = [each for each in _values(written) or ["anything"] if each not in values]
        if new:
            yield f"{at or 'it'} may be {', '.join(map(repr, new))}, but readers know {values!r}"
    for name in EQUAL:
        if name in read and written.get(name) != read[name]:
            yield f"{at or 'it'} may lack {name} {read[name]!r}, which readers rely on"
    for names, sign in ((LOWER, 1), (UPPER, -1)):
        for name in names:
            if name in read and (name not in written or sign * (written[name] - read[name]) < 0):
                yield f"{at or 'it'} may go beyond {name} {read[name]}, which readers rely on"


def _values(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """The schema, or the one that it refers to. Raises ValueError for unknown keywords."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    if unknown := schema.keys() - KNOWN:
        raise ValueError(
            f"Cannot judge compatibility: unknown keyword {', '.join(sorted(unknown))}"
        )
    return schema


def _in(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
