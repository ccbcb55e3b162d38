"""Finds what a change of the OpenAPI documents breaks for clients of the last release.

Valid requests must stay valid, and clients of the old answers must be able to read the new ones.
The changelog may declare exceptions: under `## [Unreleased]`, a line that
begins `- **Breaking**` and names each operation, such as `submit_run`, whose clients must change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tools.compatibility import Schema, unreadable

Document = Mapping[str, Any]

PROBLEM = "Problem"  # the body of all errors, judged once under its schema's name
COMPONENTS, DEFINITIONS = "#/components/schemas/", "#/$defs/"
ITEM = re.compile(r"^- .*(?:\n  .*)*", re.MULTILINE)


class Break(NamedTuple):
    """One thing that breaks clients of an operation."""

    operation: str
    fault: str


class Operation(NamedTuple):
    """One operation of a document, with the schemas that it refers to."""

    address: str
    told: Mapping[str, Any]
    schemas: Schema


def broken(last: Document, now: Document) -> list[Break]:
    """The changes that break clients that were written for `last`."""
    before, after = operations(last), operations(now)
    addresses = {each.address: name for name, each in after.items()}
    breaks = []
    for name, old in before.items():
        if name in after:
            faults = list(_operation_faults(old, after[name]))
        elif old.address in addresses:
            faults = [f"its id is now {addresses[old.address]}"]
        else:
            faults = ["it is gone"]
        breaks += [Break(name, fault) for fault in faults]
    return breaks + [Break(PROBLEM, fault) for fault in _problem_faults(last, now)]


def declared(changelog: str) -> set[str]:
    """The operations that the unreleased part of a changelog declares as broken."""
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    unreleased = next((each for each in sections if each.startswith("[Unreleased]")), "")
    breaking = [each for each in ITEM.findall(unreleased) if each.startswith("- **Breaking**")]
    return {name for each in breaking for name in re.findall(r"`(\w+)`", each)}


def operations(document: Document) -> dict[str, Operation]:
    """The operations of a document by their ids."""
    told = _with_definitions(document)
    schemas = told.get("components", {}).get("schemas", {})
    return {
        operation["operationId"]: Operation(f"{method.upper()} {path}", operation, schemas)
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    }


def _with_definitions(node: Any) -> Any:
    """A part of the document with its references as those of a stand-alone JSON Schema."""
    if isinstance(node, Mapping):
        return {key: _with_definitions(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_with_definitions(each) for each in node]
    is_reference = isinstance(node, str) and node.startswith(COMPONENTS)
    return DEFINITIONS + node.removeprefix(COMPONENTS) if is_reference else node


def _operation_faults(old: Operation, new: Operation) -> Iterator[str]:
    if old.address != new.address:
        yield f"it was {old.address} and is {new.address} now"
    yield from _parameter_faults(old, new)
    yield from _body_faults(old, new)
    yield from _answer_faults(old, new)


def _parameter_faults(old: Operation, new: Operation) -> Iterator[str]:
    before, after = _parameters(old), _parameters(new)
    for (place, name), told in after.items():
        at = f"the {place} parameter {name}"
        known = before.get((place, name))
        if told["required"] and not (known and known["required"]):
            yield f"{at} is required now"
        if known:
            for fault in _faults(known["schema"], old, told["schema"], new):
                yield f"{at} accepts less than before: {fault}"
    for place, name in before.keys() - after.keys():
        yield f"the {place} parameter {name} is gone"


def _parameters(operation: Operation) -> dict[tuple[str, str], Mapping[str, Any]]:
    found = operation.told.get("parameters", [])
    return {
        (each["in"], each["name"].lower() if each["in"] == "header" else each["name"]): each
        for each in found
    }


def _body_faults(old: Operation, new: Operation) -> Iterator[str]:
    before, after = (each.told.get("requestBody", {}) for each in (old, new))
    if after.get("required") and not before.get("required"):
        yield "it needs a body now"
    for kind, told in before.get("content", {}).items():
        if kind not in after.get("content", {}):
            yield f"it no longer takes {kind}"
            continue
        for fault in _faults(told["schema"], old, after["content"][kind]["schema"], new):
            yield f"a request that was valid may be refused: {fault}"


def _answer_faults(old: Operation, new: Operation) -> Iterator[str]:
    before, after = _answers(old), _answers(new)
    for status in sorted(before.keys() - after.keys()):
        yield f"it no longer answers {status}"
    for status in sorted(after.keys() - before.keys()):
        yield f"it may answer {status}, which clients do not know"
    for status in sorted(before.keys() & after.keys()):
        headers = (each.get("headers", {}).keys() for each in (before[status], after[status]))
        for name in sorted(next(headers) - next(headers)):
            yield f"answer {status} lacks the header {name}"
        contents = [each[status].get("content", {}) for each in (before, after)]
        for fault in _content_faults(contents[0], old, contents[1], new):
            yield f"answer {status} may not be readable: {fault}"


def _answers(operation: Operation) -> dict[str, Mapping[str, Any]]:
    """The successful answers by status."""
    return {status: each for status, each in operation.told["responses"].items() if status < "3"}


def _content_faults(
    before: Mapping[str, Any], old: Operation, after: Mapping[str, Any], new: Operation
) -> Iterator[str]:
    for kind in sorted(before.keys() - after.keys()):
        yield f"it is no longer {kind}"
    for kind in sorted(before.keys() & after.keys()):
        yield from _faults(after[kind].get("schema", {}), new, before[kind].get("schema", {}), old)


def _problem_faults(last: Document, now: Document) -> Iterator[str]:
    before, after = (
        Operation(PROBLEM, {}, _with_definitions(each).get("components", {}).get("schemas", {}))
        for each in (last, now)
    )
    if PROBLEM in before.schemas:
        yield from _faults(after.schemas.get(PROBLEM, {}), after, before.schemas[PROBLEM], before)


def _faults(written: Schema, writer: Operation, read: Schema, reader: Operation) -> list[str]:
    """Why readers with one schema may refuse what the other lets be written."""
    try:
        return unreadable({**written, "$defs": writer.schemas}, {**read, "$defs": reader.schemas})
    except ValueError as error:
        return [str(error)]
