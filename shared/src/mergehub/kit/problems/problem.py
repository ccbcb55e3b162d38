"""Errors as problem details (RFC 9457): one shape for every service."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from mergehub.contracts.examples import example

MEDIA_TYPE = "application/problem+json"


def _always_there(schema: dict[str, Any]) -> None:
    """Drop the default of a field of ours: generated clients see none as optional."""
    del schema["default"]


class FieldFault(BaseModel):
    """One fault in what was sent; `pointer` is a JSON pointer (RFC 6901) into it.

    `line`, from 1, is that of a recipe's text, where it is known.
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
        title="What was sent cannot be accepted",
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
    """The hub met a fault of its own, which has been logged.

    A subclass fixes `status`, `code` and `title`; its docstring says when it is answered and
    `remedy` what to do then. Both are what the problem's page shows.
    """

    status = 500
    code = "internal-error"
    title = "Something went wrong on our side"
    remedy = "Try again. If it happens again, tell whoever runs the hub when it happened."

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
    """Nothing is at this address, or nothing that the caller may know of."""

    status, code, title = 404, "not-found", "Not found"
    remedy = "Compare the address with `/docs`. If what you ask for is private, send a token."


class MethodNotAllowed(Problem):
    """The address exists, but not for this method."""

    status, code, title = 405, "method-not-allowed", "The method is not possible here"
    remedy = "Use one of the methods that the header `Allow` names."


class BodyTooLarge(Problem):
    """The request's body has more bytes than the address takes in."""

    status, code, title = 413, "body-too-large", "The body is too large"
    remedy = "Send less: the detail gives the limit."


class RequestTooSlow(Problem):
    """The request's body came too slowly, or stopped coming."""

    status, code, title = 408, "request-too-slow", "The request took too long to arrive"
    remedy = "Send it again over a better connection."


class UnsupportedEncoding(Problem):
    """The request's body is compressed, as `Content-Encoding` says."""

    status, code, title = 415, "unsupported-encoding", "Compressed bodies are not accepted"
    remedy = "Send the body uncompressed, without `Content-Encoding`."


class OtherHttpError(Problem):
    """The status says all that is known about what went wrong."""

    status, code, title = 400, "http-error", "The request failed"
    remedy = "Read the status and the detail."


class Conflict(Problem):
    """What was asked for is not possible in the present state."""

    status, code, title = 409, "conflict", "The present state does not allow this"
    remedy = "Read it again and decide anew."


class Invalid(Problem):
    """The request was understood and a value in it cannot be accepted."""

    status, code, title = 422, "invalid", "What was sent cannot be accepted"
    remedy = (
        "Fix each entry of `errors`: `pointer` says where it is, `detail` what is wrong, and "
        "`suggestion` what was probably meant."
    )


class BadRequest(Problem):
    """The request cannot be read: its body is not JSON in UTF-8, or is nested too deeply."""

    status, code, title = 400, "bad-request", "The request cannot be understood"
    remedy = "Send JSON in UTF-8, as the OpenAPI document describes it."


class Unauthenticated(Problem):
    """No token was sent, or one that is unknown, has expired or was revoked."""

    status, code, title = 401, "unauthenticated", "A valid token is needed"
    remedy = "Send `Authorization: Bearer mgh_…` with a token that is valid."


class Forbidden(Problem):
    """The token is valid and lacks the scope that this needs."""

    status, code, title = 403, "forbidden", "The token does not allow this"
    remedy = "Use a token with the scope that the detail names."


class Unavailable(Problem):
    """A part that the hub depends on does not answer; nothing was done."""

    status, code, title = 503, "unavailable", "A part of the hub does not answer"
    remedy = "Send the same request again after the seconds of `Retry-After`."

    def __init__(self, detail: str) -> None:
        super().__init__(f"{detail} Try again in a moment.", headers={"Retry-After": "2"})


PAGES = "/docs/problems"


def page_of(problem: type[Problem]) -> str:
    """Where the page of a problem is: those of a service lie under its name."""
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
    """When a problem is answered: the first paragraph of its docstring."""
    return inspect.cleandoc(problem.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def answer(problem: Problem) -> JSONResponse:
    """The answer that tells a client of `problem`."""
    body = ProblemBody(
        type=page_of(type(problem)),
        title=problem.title,
        status=problem.status,
        code=problem.code,
        detail=problem.detail,
        errors=problem.errors,
    )
    return JSONResponse(
        body.model_dump(),
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )
