"""A value that an operation does not accept is refused in our own sentences, not pydantic's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from applications import application, documents
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import PydanticKnownError
from pydantic_core._pydantic_core import list_all_errors

from mergehub.contracts.services import SERVICES
from mergehub.kit.openapi.document import Document, nodes
from mergehub.kit.problems.faults import SENTENCES, field_faults

Json = Any

KINDS: dict[str, tuple[str, ...]] = {
    "required": ("missing",),
    "additionalProperties": ("extra_forbidden",),
    "discriminator": ("union_tag_not_found", "union_tag_invalid"),
    "enum": ("literal_error", "enum"),
    "const": ("literal_error",),
    "minLength": ("string_too_short",),
    "maxLength": ("string_too_long",),
    "pattern": ("string_pattern_mismatch",),
    "minimum": ("greater_than_equal",),
    "maximum": ("less_than_equal",),
    "exclusiveMinimum": ("greater_than",),
    "exclusiveMaximum": ("less_than",),
    "minItems": ("too_short",),
    "maxItems": ("too_long",),
    "maxProperties": ("too_long",),
    "type=integer": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "type=number": ("float_type", "float_parsing", "finite_number"),
    "type=boolean": ("bool_type", "bool_parsing"),
    "type=string": ("string_type", "string_unicode"),
    "type=array": ("list_type", "tuple_type"),
    "type=object": ("dict_type", "model_type", "model_attributes_type"),
    "format=uuid": ("uuid_type", "uuid_parsing"),
    "format=date": ("date_from_datetime_parsing", "date_from_datetime_inexact"),
    "format=date-time": (
        "datetime_type",
        "datetime_parsing",
        "datetime_from_date_parsing",
        "datetime_object_invalid",
        "timezone_aware",
    ),
}
"""The kinds of errors that a keyword of a schema can raise."""

SAY_NOTHING = {
    "$ref", "anyOf", "oneOf", "items", "prefixItems", "properties", "propertyNames",
    "default", "description", "examples", "title", "type=null", "format=binary",
}  # fmt: skip

WRONG: tuple[Json, ...] = (
    None, True, "", "x", "-", "é" * 5000, "\ud800", "2026-11-25", "2026-11-25T12:00:00",
    "2026-99-99T99:99:99Z", -1, 0, 10**30, 1.5, float("nan"), float("inf"), [], ["x"] * 2000, {},
    {"x": 1}, [None], [{}],
)  # fmt: skip

TEXTS = [each for each in WRONG if isinstance(each, str)]
"""The wrong values that parameters can have."""

TEMPLATES = {each["type"]: each for each in list_all_errors()}


def _routes() -> Iterator[APIRoute]:
    for service in SERVICES:
        yield from _within(application(service.name).routes)


def _within(routes: Iterable[Any]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif included := getattr(route, "original_router", None):
            yield from _within(included.routes)


ROUTES = [pytest.param(route, id=route.operation_id or route.name) for route in _routes()]


def _schemas() -> Iterator[Json]:
    """The schemas of all that is sent to any service."""
    for document in documents().values():
        wanted = [
            operation.get(part)
            for methods in document["paths"].values()
            for operation in methods.values()
            for part in ("parameters", "requestBody")
        ]
        yield from _reached(wanted, document["components"]["schemas"])


def _reached(told: Json, components: Document) -> Iterator[Json]:
    seen: set[str] = set()
    waiting = [told]
    while waiting:
        for node in nodes(waiting.pop()):
            yield node
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name in components and name not in seen:
                seen.add(name)
                waiting.append(components[name])


def _keywords() -> set[str]:
    found = set()
    for node in _schemas():
        if {"type", "anyOf", "oneOf", "$ref"} & node.keys() and isinstance(
            node.get("type", ""), str
        ):
            valued = {f"{key}={node[key]}" for key in ("type", "format") if key in node}
            found |= valued | (node.keys() - {"type", "format"})
    return {each for each in found if not each.startswith("x-")}


def test_every_kind_of_fault_that_the_documents_name_has_a_sentence() -> None:
    keywords = _keywords()
    assert {"enum", "minLength", "maximum", "format=uuid", "type=array"} <= keywords
    kinds = {kind for keyword in keywords for kind in KINDS.get(keyword, ())}
    assert keywords - KINDS.keys() - SAY_NOTHING == set()
    assert kinds - SENTENCES.keys() == set()


@pytest.mark.parametrize("kind", sorted(SENTENCES))
def test_no_sentence_is_pydantics(kind: str) -> None:
    [fault] = _told([_raised(kind)])
    assert not re.search("[Ii]nput|should|validation|[Uu]nable|Field", fault)
    assert "{" not in fault


def _raised(kind: str) -> dict[str, Any]:
    """A fault of a kind as pydantic raises it."""
    context = {
        name: "'a' or 'b'" if isinstance(value, str) else 1 if value is None else value
        for name, value in (TEMPLATES[kind]["example_context"] or {}).items()
    }
    error = PydanticKnownError(kind, context or None)  # type: ignore[arg-type]
    told = {"type": kind, "loc": ("body", "run_id"), "msg": error.message(), "input": "x"}
    return told | {"ctx": context}


def _told(errors: list[Any], body: Json = None) -> list[str]:
    return [each.detail for each in field_faults(RequestValidationError(errors, body=body))]


@pytest.mark.parametrize("route", ROUTES)
def test_whatever_is_sent_nothing_is_answered_in_pydantics_words(route: APIRoute) -> None:
    for field in get_flat_params(route.dependant):
        for wrong in TEXTS:
            _check(field.validate(wrong, {}, loc=(field.field_info.in_.value, field.alias))[1])
    if route.body_field is not None:
        for body in _bodies(route):
            _check(route.body_field.validate(body, {}, loc=("body",))[1], body)


def _check(errors: Any, body: Json = None) -> None:
    """Check that no detail is pydantic's own text."""
    for fault in errors or ():
        if fault["type"] in TEMPLATES:
            assert _told([fault], body) != [fault["msg"]], fault


def _bodies(route: APIRoute) -> Iterator[Json]:
    """An operation's body with one wrong value in each place, or with one field too few or many."""
    yield from WRONG
    for example in _examples(route):
        yield from _spoilt(example)


def _examples(route: APIRoute) -> Iterator[Json]:
    assert route.body_field is not None
    schema = route.body_field._type_adapter.json_schema()
    for node in (schema, *schema.get("$defs", {}).values()):
        yield from node.get("examples", ())


def _spoilt(whole: Json) -> Iterator[Json]:
    yield from WRONG
    if isinstance(whole, dict):
        yield whole | {"no_such_field": 1}
        for name, value in whole.items():
            yield {key: kept for key, kept in whole.items() if key != name}
            for worse in _spoilt(value):
                yield whole | {name: worse}
    elif isinstance(whole, list):
        for place, value in enumerate(whole):
            for worse in _spoilt(value):
                yield [*whole[:place], worse, *whole[place + 1 :]]


@pytest.mark.parametrize(
    ("kind", "context", "said"),
    [
        ("missing", {}, "is missing"),
        ("int_parsing", {}, "must be a whole number"),
        ("less_than_equal", {"le": 200}, "must be at most 200"),
        ("too_short", {"min_length": 1, "actual_length": 0}, "must have at least 1 entry"),
        ("string_too_long", {"max_length": 255}, "must have at most 255 characters"),
        ("enum", {"expected": "'queued', 'running' or 'failed'"},
         "must be one of queued, running, failed"),
        ("uuid_parsing", {"error": "invalid length: found 3"},
         "must be the id of a run, a UUID such as 5f0c2f0e-6a8e-4c34-9c51-0d1f6f0f4a11"),
        ("no_such_kind", {}, "as pydantic says"),
    ],
)  # fmt: skip
def test_a_fault_is_told_in_a_sentence(kind: str, context: dict[str, Any], said: str) -> None:
    fault = {"type": kind, "loc": ("path", "run_id"), "msg": "as pydantic says", "input": "x"}
    assert _told([fault | {"ctx": context}]) == [said]
