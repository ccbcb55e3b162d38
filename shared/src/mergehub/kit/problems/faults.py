"""The faults that pydantic finds in a request, as JSON pointers and sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from mergehub.contracts.examples import RUN_ID
from mergehub.kit.problems.problem import FieldFault
from mergehub.recipe.faults import did_you_mean

A_WHOLE_NUMBER = "must be a whole number"
A_NUMBER = "must be a number"
TRUE_OR_FALSE = "must be true or false"
TEXT = "must be text"
A_LIST = "must be a list"
AN_OBJECT = "must be a JSON object"
A_TIME = "must be a time with its zone, as in 2026-11-25T12:00:00Z"
A_DAY = "must be a day, as in 2026-11-25"
ONE_OF = "must be one of {choices}"
ONE_AND_MORE = {False: ("entry", "entries"), True: ("character", "characters")}
AN_ID = "must be {id}, a UUID such as {example}"

SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "int_type": A_WHOLE_NUMBER,
    "int_parsing": A_WHOLE_NUMBER,
    "int_parsing_size": "must be a whole number with fewer digits",
    "int_from_float": A_WHOLE_NUMBER,
    "float_type": A_NUMBER,
    "float_parsing": A_NUMBER,
    "finite_number": "must be a number other than infinity and NaN",
    "bool_type": TRUE_OR_FALSE,
    "bool_parsing": TRUE_OR_FALSE,
    "string_type": TEXT,
    "string_unicode": "must be Unicode text without lone surrogates",
    "string_too_short": "must have at least {min_length} character{s}",
    "string_too_long": "must have at most {max_length} character{s}",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": A_LIST,
    "tuple_type": A_LIST,
    "too_short": "must have at least {min_length} {entries}",
    "too_long": "must have at most {max_length} {entries}",
    "dict_type": AN_OBJECT,
    "model_type": AN_OBJECT,
    "model_attributes_type": AN_OBJECT,
    "uuid_type": AN_ID,
    "uuid_parsing": AN_ID,
    "datetime_type": A_TIME,
    "datetime_parsing": A_TIME,
    "datetime_from_date_parsing": A_TIME,
    "datetime_object_invalid": A_TIME,
    "timezone_aware": A_TIME,
    "date_type": A_DAY,
    "date_parsing": A_DAY,
    "date_from_datetime_parsing": A_DAY,
    "date_from_datetime_inexact": A_DAY,
    "literal_error": ONE_OF,
    "enum": ONE_OF,
    "union_tag_not_found": "is missing",
    "union_tag_invalid": "must be one of {choices}; not {tag!r}",
    "json_invalid": "is not valid JSON at character {at}: {error}",
}
"""Our sentence for each kind of fault. Other kinds keep pydantic's words."""

SHAPES = frozenset(kind for kind, told in SENTENCES.items() if told in (A_LIST, AN_OBJECT))
"""The faults of a value that is no list or no object."""

Models = frozenset[type[BaseModel]]


def field_faults(error: RequestValidationError, body: Any = None) -> Iterator[FieldFault]:
    """Each fault, with its pointer (RFC 6901) into the body, else `/query/…` or `/path/…`.

    `body` is the type that the operation takes; its fields are suggested for misspelt ones.
    """
    faults = [(pointer(_place(fault), error.body), fault) for fault in error.errors()]
    for at, fault in faults:
        if not _is_needless(at, fault, faults):
            yield FieldFault(
                pointer=at,
                code=fault["type"],
                detail=sentence(fault),
                suggestion=_suggestion(fault, body),
            )


def _is_needless(
    at: str, fault: Mapping[str, Any], faults: Sequence[tuple[str, Mapping[str, Any]]]
) -> bool:
    """Whether a fault only repeats others of the same value, in a way that helps nobody.

    A list that is at fault as a list is also no object, as another form of a union would have it;
    and pydantic counts entries that are at fault as missing.
    """
    inside = [other for place, other in faults if place.startswith(f"{at}/")]
    if fault["type"] == "too_short":
        return bool(inside)
    here = [other for place, other in faults if place == at]
    return fault["type"] in SHAPES and any(each["type"] not in SHAPES for each in inside + here)


def _suggestion(fault: dict[str, Any], body: Any) -> str | None:
    """The nearest known word for a misspelt field or value, or the fault's own suggestion."""
    location, context = fault["loc"], fault.get("ctx", {})
    match fault["type"]:
        case "extra_forbidden" if location[0] == "body":
            return did_you_mean(str(location[-1]), _fields_at(body, location[1:-1]))
        case "literal_error" | "enum":
            return did_you_mean(str(fault["input"]), _choices(context))
        case "union_tag_invalid":
            return did_you_mean(str(context["tag"]), _choices(context))
    suggestion: str | None = context.get("suggestion")
    return suggestion


def _fields_at(body: Any, location: Sequence[str | int]) -> set[str]:
    """The fields that an object at a place may have. A union's tag and an index are not fields."""
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


def _place(fault: Mapping[str, Any]) -> Sequence[str | int]:
    """The location of a fault. For a wrong tag of a union, that of the tag, not of the object."""
    location, context = fault["loc"], fault.get("ctx", {})
    if fault["type"] == "json_invalid":
        return ("body",)
    if fault["type"] in ("union_tag_not_found", "union_tag_invalid"):
        return (*location, context["discriminator"].strip("'"))
    return location  # type: ignore[no-any-return]


def sentence(fault: Mapping[str, Any]) -> str:
    """The fault in our words, or in pydantic's if `SENTENCES` has none."""
    kind, location, context = fault["type"], fault["loc"], fault.get("ctx", {})
    if SENTENCES.get(kind) == AN_OBJECT and len(location) == 1:
        return f"{AN_OBJECT}, sent with `Content-Type: application/json`"
    if kind == "value_error":
        return str(fault["msg"]).removeprefix("Value error, ")
    count = context.get("min_length", context.get("max_length"))
    one, several = ONE_AND_MORE[isinstance(fault.get("input"), str)]
    words = {
        "s": "" if count == 1 else "s",
        "entries": one if count == 1 else several,
        "choices": ", ".join(_choices(context)),
        "id": _id_of(location),
        "example": RUN_ID,
        "at": location[-1] if location else 0,
    }
    return SENTENCES[kind].format(**context | words) if kind in SENTENCES else str(fault["msg"])


def _choices(context: Mapping[str, Any]) -> list[str]:
    told = str(context.get("expected_tags") or context.get("expected", ""))
    return re.findall("'([^']*)'", told) or [told]


def _id_of(location: Sequence[str | int]) -> str:
    """The object that an id belongs to, by the name of its field: `run_id` is "the id of a run"."""
    noun, is_id, _ = str(location[-1] if location else "").rpartition("_id")
    return f"the id of a {noun.replace('_', ' ')}" if is_id else "an id"


def pointer(location: Sequence[str | int], body: Any) -> str:
    """The JSON pointer of a pydantic location.

    Pydantic's location names the member of a union that it tried. No body has that part, so it is
    left out. The last part may be missing in an object, since that can be the fault.
    """
    if not location or location[0] != "body":
        return "".join(map(escaped, location))
    told = []
    for place, part in enumerate(location[1:], 2):
        inside = _inside(body, part)
        missing = place == len(location) and isinstance(body, dict | None)
        if inside or (missing and "[" not in str(part)):  # `list[Column]` is a form, not a field
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
