"""Errors as problem details (RFC 9457): one shape for every service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Match

from mergehub.contracts.examples import example
from mergehub.kit.faults import field_faults
from mergehub.kit.openapi import Document, amend

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

# SQLSTATE classes: connection exception, insufficient resources, operator intervention.
AWAY = frozenset({"08", "53", "57"})

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

DETAILS = {
    "There was an error parsing the body": "The body cannot be read as JSON in UTF-8.",
    "Not Found": "There is nothing at {path}; /docs lists what there is.",
    "Method Not Allowed": "{method} is not possible at {path}; possible: {allow}.",
}
"""What the framework says in two words, for people."""


class FieldFault(BaseModel):
    """One fault in what was sent; `pointer` is a JSON pointer (RFC 6901) into it."""

    pointer: str
    code: str
    detail: str
    suggestion: str | None


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
                "detail": "Input should be greater than or equal to 0",
                "suggestion": None,
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
    remedy = "Try again; where it stays, tell whoever runs the hub when it happened."

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

    status, code, title = 404, "not-found", "There is no such thing"
    remedy = "Compare the address with `/docs`; send a token where the thing is private."


class MethodNotAllowed(Problem):
    """The address exists, but not for this method."""

    status, code, title = 405, "method-not-allowed", "This cannot be done here"
    remedy = "Use one of the methods that the header `Allow` names."


class BodyTooLarge(Problem):
    """The request's body has more bytes than the address takes in."""

    status, code, title = 413, "body-too-large", "The body is too large"
    remedy = "Send less: the detail says how much may be sent."


class RequestTooSlow(Problem):
    """The request's body came too slowly, or stopped coming."""

    status, code, title = 408, "request-too-slow", "The request took too long to arrive"
    remedy = "Send it again over a better connection."


class UnsupportedEncoding(Problem):
    """The request's body is compressed, as `Content-Encoding` says."""

    status, code, title = 415, "unsupported-encoding", "Compressed bodies are not taken in"
    remedy = "Send the body as it is, without `Content-Encoding`."


class OtherHttpError(Problem):
    """HTTP has a status for what went wrong and we have nothing to add to it."""

    status, code, title = 400, "http-error", "The request failed"
    remedy = "Read the status and the detail."


class Conflict(Problem):
    """What was asked for does not go with the state that the thing is in."""

    status, code, title = 409, "conflict", "The state of the thing does not allow this"
    remedy = "Read the thing again and decide anew."


class Invalid(Problem):
    """The request was understood and a value in it cannot be accepted."""

    status, code, title = 422, "invalid", "What was sent cannot be accepted"
    remedy = "Mend each entry of `errors`: its `pointer` says where, its `detail` what is wrong."


class BadRequest(Problem):
    """The request cannot be read: its body is no JSON in UTF-8, or is nested too deeply."""

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
    """What the hub stands on is away for now; nothing was done."""

    status, code, title = 503, "unavailable", "A part of the hub is away"
    remedy = "Send the same request again after the seconds of `Retry-After`."

    def __init__(self, detail: str) -> None:
        super().__init__(f"{detail} Try again in a moment.", headers={"Retry-After": "2"})


BY_STATUS: Mapping[int, type[Problem]] = {
    each.status: each
    for each in (BadRequest, NotFound, MethodNotAllowed, RequestTooSlow, BodyTooLarge)
}
"""Which problem stands for an error that the framework raises."""

PAGES = "/docs/problems"


def page_of(problem: type[Problem]) -> str:
    """Where the page of a problem is: those of a service lie under its name."""
    package = problem.__module__.partition(".")[0]
    return "/".join([PAGES, *([] if package == "mergehub" else [package]), problem.code])


def problem_responses(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an endpoint that may raise `problems`."""
    told: dict[int, list[str]] = {}
    for problem in problems:
        told.setdefault(problem.status, []).append(f"`{problem.code}`: {problem.title}")
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": "; ".join(each), "content": {MEDIA_TYPE: schema}}
        for status, each in told.items()
    }


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


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return answer(error)


async def _on_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [FieldFault(**fault, suggestion=None) for fault in field_faults(error)]
    named = ", ".join(sorted({fault.pointer or "the body" for fault in faults}))
    return answer(Invalid(f"Not valid: {named}.", errors=faults))


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status, headers = error.status_code, dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    detail = str(error.detail)
    if detail in DETAILS:
        detail = DETAILS[detail].format(
            path=request.url.path, method=request.method, allow=headers.get("Allow")
        )
    kind = BY_STATUS.get(status, OtherHttpError)
    problem = kind(detail, headers=headers)
    if kind is OtherHttpError:
        problem.status, problem.title = status, HTTPStatus(status).phrase
    return answer(problem)


def _methods(request: Request) -> set[str]:
    """What can be done at the request's path: Starlette names the first route's methods alone."""
    app: FastAPI = request.app
    found = {
        method
        for method in METHODS
        for route in app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }
    return found | {"HEAD"} if "GET" in found else found


async def _on_database(request: Request, error: Exception) -> JSONResponse:
    """SQLSTATE class 22 means that what was sent cannot be stored; the rest is not its fault."""
    assert isinstance(error, DBAPIError)
    state = str(getattr(error.orig, "sqlstate", None))
    if state.startswith("22"):
        return answer(Invalid("A value cannot be stored: out of range, or holding NUL or NaN."))
    if error.connection_invalidated or state[:2] in AWAY:
        return await _on_away(request, error)
    return await _on_crash(request, error)


async def _on_away(request: Request, error: Exception) -> JSONResponse:
    log.warning("database.away", path=request.url.path, error=f"{type(error).__name__}: {error}")
    return answer(Unavailable("The database cannot be reached."))


async def _on_crash(request: Request, error: Exception) -> JSONResponse:
    log.error("request.crashed", path=request.url.path, exc_info=error)
    return answer(Problem("The fault is ours and has been logged; trying again may help."))


def install_problems(app: FastAPI) -> None:
    """Make `app` answer every error as problem details."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DBAPIError, _on_database)
    app.add_exception_handler(PoolTimeout, _on_away)
    app.add_exception_handler(Exception, _on_crash)
    amend(app, _describe_problems)


def _describe_problems(document: Document) -> None:
    """Add the schema that `problem_responses` refers to."""
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    nested = problem.pop("$defs")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update({"Problem": problem, **nested})
