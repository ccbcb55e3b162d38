"""Check the shape of a recipe: plain data becomes a `Recipe`, pydantic's errors become faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mergehub.recipe.faults import (
    MAX_FAULTS,
    MAX_QUOTED,
    Fault,
    Path,
    did_you_mean,
    excerpt,
    pointer,
)
from mergehub.recipe.methods import catalogue
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.scalars import LARGEST_INTEGER, describe
from mergehub.recipe.schema import (
    ModelInput,
    ModelToken,
    OutputModule,
    OutputSlice,
    Recipe,
    SliceSource,
    TokenizerOptions,
    TokenOptions,
)
from mergehub.recipe.values import FilteredValue

_CODES = {
    "extra_forbidden": "unknown-field",
    "missing": "missing",
    "literal_error": "choice",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "value_error": "bad-reference",
}
_OWN_CODES = {"type", "range", "filter", "conflict", "empty"}
_WANTED = {
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
_BOUNDS = {"greater_than_equal": "at least {ge}", "less_than_equal": "at most {le}"}
# The kind of document under each field; `modules` and `tokens` are keyed by names of their own.
_DOCUMENTS: dict[str | int | None, type[BaseModel]] = {
    None: Recipe,
    "models": ModelInput,
    "slices": OutputSlice,
    "sources": SliceSource,
    "modules": OutputModule,
    "tokenizer": TokenizerOptions,
    "tokens": TokenOptions,
    "source": ModelToken,
    "model": ModelRef,
    "base_model": ModelRef,
}

_HOMES: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(document.model_fields), home)
    for document, home in (
        (Recipe, "at the top level of the recipe"),
        (ModelInput, "in an entry of 'models' or of a slice's 'sources'"),
        (SliceSource, "in an entry of a slice's 'sources'"),
        (OutputSlice, "in an entry of 'slices'"),
        (TokenizerOptions, "under 'tokenizer'"),
        (FilteredValue, "in the list that is a parameter's value"),
    )
)


def read_structure(data: Any) -> Recipe | tuple[Fault, ...]:
    """Return the recipe that a document describes, or everything that is wrong with its shape."""
    if not isinstance(data, dict):
        message = f"a recipe is a mapping of fields to values, not {describe(data)}"
        return (Fault("", "type", message),)
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)[:MAX_FAULTS]
        return tuple(_fault(each, data) for each in found)


def _fault(error: ErrorDetails, data: Any) -> Fault:
    path = tuple(_followed(error["loc"], data))
    code = _CODES.get(error["type"], error["type"] if error["type"] in _OWN_CODES else "type")
    where = path[:-1] if code == "conflict" else path
    return Fault(pointer(where), code, _message(error, path), _suggestion(error, path))


def _followed(location: Path, data: Any) -> Iterator[str | int]:
    """Yield the steps of pydantic's location that lead through the document, not through types."""
    for i, step in enumerate(location):
        if (isinstance(data, dict) and step in data) or _is_index(step, data):
            data = data[step]
            yield step
        elif i == len(location) - 1 and isinstance(data, dict):
            yield step


def _is_index(step: str | int, data: Any) -> bool:
    return isinstance(step, int) and isinstance(data, list) and step < len(data)


def _message(error: ErrorDetails, path: Path) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _OWN_CODES:
        return error["msg"]
    if kind == "extra_forbidden":
        return f"there is no field {excerpt(str(path[-1]))} here"
    if kind == "missing":
        return f"the field {path[-1]!r} is missing"
    if kind == "literal_error":
        return f"must be one of {context['expected']}, not {describe(error['input'])}"
    if kind == "value_error":
        return str(context["error"])
    if kind in _BOUNDS:
        return f"must be {_BOUNDS[kind].format(**context)}, not {describe(error['input'])}"
    if kind in _WANTED:
        return f"must be {_WANTED[kind]}, not {describe(error['input'])}"
    return error["msg"]


def _suggestion(error: ErrorDetails, path: Path) -> str | None:
    if error["type"] == "extra_forbidden":
        return _place_of(str(path[-1]), _fields(path))
    given = error["input"]
    if error["type"] == "literal_error" and isinstance(given, str):
        choices = error["ctx"]["expected"].replace(" or ", ", ").split(", ")
        return did_you_mean(given, [choice.strip("'") for choice in choices])
    if error["type"] == "int_type":
        return _as_whole(given)
    return _field_for(given, path) if error["type"] == "model_type" else None


def _as_whole(given: Any) -> str | None:
    """Return how to write a whole number that was given as another kind of value."""
    try:
        whole = isinstance(given, str | float) and float(given).is_integer()
    except ValueError:
        return None
    return f"write {int(float(given))}" if whole and abs(float(given)) <= LARGEST_INTEGER else None


def _field_for(given: Any, path: Path) -> str | None:
    """Return how to give a text to its field, if the text is where a mapping belongs."""
    if not isinstance(given, str) or len(given) > MAX_QUOTED or not given.isprintable():
        return None
    listed = path[-2:-1] in (("models",), ("sources",))
    field = "model" if listed else "tokenizer_source" if path == ("tokenizer",) else None
    return f"write '{field}: {given}'" if field else None


def _place_of(name: str, fields: list[str]) -> str | None:
    """Return where an unknown field belongs, or which field it misspells."""
    if _is_parameter(name):
        return "put it under 'parameters'"
    at_the_top = home_of(name) if name in Recipe.model_fields else None
    return at_the_top or did_you_mean(name, fields) or home_of(name)


def home_of(name: str) -> str | None:
    """Return where a misplaced field of exactly this name belongs."""
    return next((f"{name} belongs {home}" for fields, home in _HOMES if name in fields), None)


def _is_parameter(name: str) -> bool:
    return any(method.parameter(name) for method in catalogue().values())


def _fields(path: Path) -> list[str]:
    """Return the fields allowed in the document that the last step of this path was found in."""
    if "parameters" in path:
        return list(FilteredValue.model_fields)
    named = len(path) > 2 and path[-3] in ("modules", "tokens")
    steps = [step for step in path[:-1] if isinstance(step, str)]
    container = path[-3] if named else (steps[-1] if steps else None)
    return list(_DOCUMENTS[container].model_fields) if container in _DOCUMENTS else []
