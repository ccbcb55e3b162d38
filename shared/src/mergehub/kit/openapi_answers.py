"""What every operation may answer besides its own, told once in the OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from mergehub.kit.openapi import Document, operations
from mergehub.kit.problems import (
    BadRequest,
    BodyTooLarge,
    RequestTooSlow,
    Unavailable,
    UnsupportedEncoding,
    problem_responses,
)
from mergehub.kit.storage import StorageFull
from mergehub.kit.throttle import TooManyRequests
from mergehub.kit.time_limits import TookTooLong

RETRY_AFTER = {
    "Retry-After": {"schema": {"type": "integer", "minimum": 0}, "description": "In seconds."}
}
OF_ALL = problem_responses(TooManyRequests, Unavailable, StorageFull, TookTooLong)
OF_BODIES = problem_responses(BadRequest, RequestTooSlow, BodyTooLarge, UnsupportedEncoding)


def common_answers(document: Document) -> None:
    """Add to each operation the errors that the layers before it answer."""
    for operation in operations(document):
        answers = operation["responses"]
        for status, told in (OF_ALL | (OF_BODIES if "requestBody" in operation else {})).items():
            answers.setdefault(str(status), _with_headers(int(status), told))


def plain_outputs(document: Document) -> None:
    """Drop the defaults of what is answered, where it is always there."""
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("-Output"):
            for each in schema["properties"].values():
                each.pop("default", None)


def _with_headers(status: int, told: dict[str, Any]) -> Document:
    waits = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    return told | ({"headers": RETRY_AFTER} if waits else {})
