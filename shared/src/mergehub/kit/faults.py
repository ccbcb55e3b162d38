"""What pydantic finds wrong with a request, told by JSON pointers and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError

NO_OBJECT = frozenset({"model_attributes_type", "dict_type", "model_type"})


def field_faults(error: RequestValidationError) -> Iterator[dict[str, str]]:
    """Each fault's `pointer` (RFC 6901, into the body; else `/query/…`), `code` and `detail`."""
    for fault in error.errors():
        location, detail = _told(fault)
        yield {"pointer": pointer(location, error.body), "code": fault["type"], "detail": detail}


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
