"""The answers that all operations share, described once in the OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from mergehub.kit.openapi.document import Document, operations
from mergehub.kit.problems.exhausted import StorageFull, TookTooLong, TooManyRequests
from mergehub.kit.problems.problem import (
    MEDIA_TYPE,
    BadRequest,
    BodyTooLarge,
    RequestTooSlow,
    Unavailable,
    UnsupportedEncoding,
    problem_responses,
)

RETRY_AFTER = {
    "Retry-After": {"schema": {"type": "integer", "minimum": 0}, "description": "In seconds."}
}
OF_ALL = problem_responses(TooManyRequests, Unavailable, StorageFull, TookTooLong)
OF_BODIES = problem_responses(BadRequest, RequestTooSlow, BodyTooLarge, UnsupportedEncoding)


def common_answers(document: Document) -> None:
    """Add the errors of the middleware to each operation."""
    for operation in operations(document):
        answers = operation["responses"]
        for status, told in (OF_ALL | (OF_BODIES if "requestBody" in operation else {})).items():
            answers.setdefault(str(status), _with_headers(int(status), told))


def share_errors(document: Document) -> None:
    """Move each error answer into the components and have operations refer to it.

    An answer is named by the codes of its problems, each of which has one example.
    """
    components = document["components"]
    answers, examples = (components.setdefault(kind, {}) for kind in ("responses", "examples"))
    for operation in operations(document):
        for status, told in operation["responses"].items():
            if status >= "4" and "$ref" not in told:
                body = told["content"][MEDIA_TYPE]
                name = ".".join(body["examples"])
                examples.update(body["examples"])
                shown = {
                    each: {"$ref": f"#/components/examples/{each}"} for each in body["examples"]
                }
                answers[name] = told | {"content": {MEDIA_TYPE: body | {"examples": shown}}}
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}


def plain_outputs(document: Document) -> None:
    """Drop the defaults of fields that every answer has: those that are required all the same."""
    for schema in document["components"]["schemas"].values():
        for name in schema.get("required", ()):
            schema.get("properties", {}).get(name, {}).pop("default", None)


def _with_headers(status: int, told: dict[str, Any]) -> Document:
    waits = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    return told | ({"headers": RETRY_AFTER} if waits else {})
