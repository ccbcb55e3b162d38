"""Errors as problem details (RFC 9457): one shape for every service."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mergehub.contracts.examples import example

MEDIA_TYPE = "application/problem+json"


def _always_there(schema: dict[str, Any]) -> None:
    """Drop the default of a field that we always send, so that no client sees it as optional."""
    del schema["default"]


class FieldFault(BaseModel):
    """One fault in a request; `pointer` is a JSON pointer (RFC 6901) into it.

    `line`, from 1, is the line in a recipe's text, if it is known.
    """

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    pointer: str
    code: str
    detail: str
    suggestion: str | None
    line: int | None = Field(default=None, json_schema_extra=_always_there)


class ProblemBody(BaseModel):
    """The body of every error answer. `code` is stable; `type` is the page that explains it."""

    model_config = example(
        type="/docs/problems/invalid",
        title="The request is not valid",
        status=422,
        code="invalid",
        detail="Not valid: /seed.",
        errors=[
            {
                "pointer": "/seed",
                "code": "greater_than_equal",
                "detail": "must be at least 0",
                "suggestion": None,
                "line": None,
            }
        ],
    )

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldFault]


class Problem(Exception):
    """The hub failed with an internal error and logged it.

    A subclass sets `status`, `code` and `title`. Its docstring says when the hub answers it, and
    `remedy` what to do then. The problem's page shows both.
    """

    status = 500
    code = "internal-error"
    title = "The hub failed with an internal error"
    remedy = (
        "Try again. If it fails again, give the operator of the hub the time and the "
        "`X-Request-ID` of the answer."
    )

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


class NotFound(Problem):
    """Nothing is at this address, or the caller may not see it."""

    status, code, title = 404, "not-found", "Not found"
    remedy = "Compare the address with `/docs`. If it may be private, send a token."


class MethodNotAllowed(Problem):
    """The address exists, but not for this method."""

    status, code, title = 405, "method-not-allowed", "The address does not accept this method"
    remedy = "Use one of the methods that the header `Allow` lists."


class BodyTooLarge(Problem):
    """The request's body has more bytes than this address accepts."""

    status, code, title = 413, "body-too-large", "The body is too large"
    remedy = "Send a smaller body. The detail gives the limit."


class RequestTooSlow(Problem):
    """The request's body came too slowly, or stopped coming."""

    status, code, title = 408, "request-too-slow", "The request took too long to arrive"
    remedy = "Send the request again over a better connection."


class UnsupportedEncoding(Problem):
    """The request's body is compressed: it has a `Content-Encoding`."""

    status, code, title = 415, "unsupported-encoding", "Compressed bodies are not accepted"
    remedy = "Send the body uncompressed, without `Content-Encoding`."


class OtherHttpError(Problem):
    """The request failed for a reason that has no problem code of its own."""

    status, code, title = 400, "http-error", "The request failed"
    remedy = "Read the status and the detail."


class Conflict(Problem):
    """The present state of the resource does not allow the request."""

    status, code, title = 409, "conflict", "The present state does not allow this"
    remedy = "Read the resource again, then decide what to send."


class Invalid(Problem):
    """The hub can read the request, but a value in it is not valid."""

    status, code, title = 422, "invalid", "The request is not valid"
    remedy = (
        "Fix each entry of `errors`: `pointer` says where it is, `detail` what is wrong, and "
        "`suggestion` what you probably meant."
    )


class BadRequest(Problem):
    """The hub cannot read the request: its body is not JSON in UTF-8, or is nested too deeply."""

    status, code, title = 400, "bad-request", "The request cannot be read"
    remedy = "Send JSON in UTF-8, as the OpenAPI document describes it."


class Unauthenticated(Problem):
    """The request has no token, or its token is unknown, expired or revoked."""

    status, code, title = 401, "unauthenticated", "A valid token is needed"
    remedy = "Send `Authorization: Bearer mgh_…` with a valid token."


class Forbidden(Problem):
    """The token is valid but lacks the scope that the operation needs."""

    status, code, title = 403, "forbidden", "The token does not allow this"
    remedy = "Use a token with the scope that the detail names."


class Unavailable(Problem):
    """A part that the hub depends on does not answer. The hub has done nothing."""

    status, code, title = 503, "unavailable", "A part of the hub does not answer"
    remedy = "Wait for the seconds in `Retry-After`, then send the same request again."

    def __init__(self, detail: str) -> None:
        super().__init__(f"{detail} Try again in a moment.", headers={"Retry-After": "2"})


PAGES = "/docs/problems"


def page_of(problem: type[Problem]) -> str:
    """The path of a problem's page. The pages of a service's problems lie under its name."""
    package = problem.__module__.partition(".")[0]
    return "/".join([PAGES, *([] if package == "mergehub" else [package]), problem.code])


def problem_responses(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an endpoint that may raise `problems`."""
    told: dict[int | str, list[type[Problem]]] = {}
    for problem in problems:
        told.setdefault(problem.status, []).append(problem)
    return {status: _response(each) for status, each in told.items()}


def _response(problems: Sequence[type[Problem]]) -> dict[str, Any]:
    links = (f"[`{each.code}`]({page_of(each)}): {each.title}" for each in problems)
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {each.code: {"value": _example(each)} for each in problems},
    }
    return {"description": "; ".join(links), "content": {MEDIA_TYPE: content}}


def _example(problem: type[Problem]) -> dict[str, Any]:
    body = ProblemBody(
        type=page_of(problem),
        title=problem.title,
        status=problem.status,
        code=problem.code,
        detail=meaning(problem),
        errors=[],
    )
    return body.model_dump()


def meaning(problem: type[Problem]) -> str:
    """When the hub answers a problem: the first paragraph of its docstring."""
    return inspect.cleandoc(problem.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
