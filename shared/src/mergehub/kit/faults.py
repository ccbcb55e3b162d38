"""What pydantic finds wrong with a request, told by JSON pointers and in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from mergehub.kit.problems import FieldFault
from mergehub.recipe.faults import did_you_mean

NO_OBJECT = frozenset({"model_attributes_type", "dict_type", "model_type"})

Models = frozenset[type[BaseModel]]


def field_faults(error: RequestValidationError, body: Any = None) -> Iterator[FieldFault]:
    """Each fault, its pointer (RFC 6901) into the body, else `/query/…` or `/path/…`.

    `body` is the type that the operation takes, whose fields are suggested for misspelt ones.
    """
    for fault in error.errors():
        location, detail = _told(fault)
        yield FieldFault(
            pointer=pointer(location, error.body),
            code=fault["type"],
            detail=detail,
            suggestion=_suggestion(fault, body),
        )


def _suggestion(fault: dict[str, Any], body: Any) -> str | None:
    """The nearest right word for a misspelt field or value; a fault's own suggestion goes first."""
    location, context = fault["loc"], fault.get("ctx", {})
    match fault["type"]:
        case "extra_forbidden" if location[0] == "body":
            return did_you_mean(str(location[-1]), _fields_at(body, location[1:-1]))
        case "literal_error" | "enum":
            return did_you_mean(str(fault["input"]), re.findall("'([^']*)'", context["expected"]))
        case "union_tag_invalid":
            tags = re.findall("'([^']*)'", context["expected_tags"])
            return did_you_mean(str(context["tag"]), tags)
    suggestion: str | None = context.get("suggestion")
    return suggestion


def _fields_at(body: Any, location: Sequence[str | int]) -> set[str]:
    """The fields that may stand at a place; the tag of a union and an index are no field."""
    models = _models(body)
    for part in location:
        fields = [model.model_fields[part] for model in models if part in model.model_fields]
        models = frozenset().union(*(_models(field.annotation) for field in fields)) or models
    return {name for model in models for name in model.model_fields}


def _models(annotation: Any) -> Models:
    """The models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return frozenset({annotation})
    return frozenset().union(*map(_models, get_args(annotation)))


def _told(fault: dict[str, Any]) -> tuple[Sequence[str | int], str]:
    """Where a fault is and what is wrong, where pydantic's own words would not help."""
    location, context = fault["loc"], fault.get("ctx", {})
    match fault["type"]:
        case "json_invalid":
            return ("body",), f"is no JSON at character {location[-1]}: {context['error']}"
        case code if code in NO_OBJECT and len(location) == 1:
            return location, "must be a JSON object, sent with `Content-Type: application/json`"
        case "union_tag_not_found":
            return (*location, context["discriminator"].strip("'")), "is missing"
        case "union_tag_invalid":
            field = context["discriminator"].strip("'")
            tags = context["expected_tags"]
            return (*location, field), f"must be one of {tags}; not {context['tag']!r}"
        case "extra_forbidden":
            return location, "there is no such field"
    return location, fault["msg"]


def pointer(location: Sequence[str | int], body: Any) -> str:
    """The JSON pointer of a pydantic location.

    Pydantic names the member of a union that it tried, which no body holds: such a part is left
    out. The last part may be missing in the body, since that can be the fault.
    """
    if not location or location[0] != "body":
        return "".join(map(escaped, location))
    told = []
    for place, part in enumerate(location[1:], 2):
        inside = _inside(body, part)
        if inside or place == len(location):
            told.append(part)
            body = body[part] if inside else None
    return "".join(map(escaped, told))


def _inside(body: Any, part: str | int) -> bool:
    if isinstance(body, dict):
        return part in body
    return isinstance(body, list) and isinstance(part, int) and part < len(body)


def escaped(part: str | int) -> str:
    """One part of a JSON pointer, with its slash."""
    return "/" + str(part).replace("~", "~0").replace("/", "~1")
