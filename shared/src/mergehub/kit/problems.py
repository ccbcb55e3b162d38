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

from mergehub.kit.faults import field_faults

log = structlog.get_logger()

# SQLSTATE classes: connection exception, insufficient resources, operator intervention.
AWAY = frozenset({"08", "53", "57"})

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

DETAILS = {
    400: "The body cannot be read as JSON in UTF-8.",
    404: "There is nothing at {path}; /docs lists what there is.",
    405: "{method} is not possible at {path}; possible: {allow}.",
}
"""What the framework says in two words, for people."""


class FieldFault(BaseModel):
    """One fault in what was sent; `pointer` is a JSON pointer (RFC 6901) into it."""

    pointer: str
    code: str
    detail: str
    suggestion: str | None


class ProblemBody(BaseModel):
    """The body of every error answer."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldFault]


class Problem(Exception):
    """An error that a client is told of; subclasses fix `status`, `code` and `title`."""

    status = 500
    code = "internal-error"
    title = "Something went wrong on our side"

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
    status, code, title = 404, "not-found", "There is no such thing"


class Conflict(Problem):
    status, code, title = 409, "conflict", "The state of the thing does not allow this"


class Invalid(Problem):
    status, code, title = 422, "invalid", "What was sent cannot be accepted"


class BadRequest(Problem):
    status, code, title = 400, "bad-request", "The request cannot be understood"


class Unauthenticated(Problem):
    status, code, title = 401, "unauthenticated", "A valid token is needed"


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "The token does not allow this"


class Unavailable(Problem):
    """What we stand on is away for now; a client may send the same request again."""

    status, code, title = 503, "unavailable", "A part of the hub is away"

    def __init__(self, detail: str) -> None:
        super().__init__(f"{detail} Try again in a moment.", headers={"Retry-After": "2"})


def problem_responses(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an endpoint that may raise `problems`."""
    return {
        problem.status: {
            "description": problem.title,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for problem in problems
    }


def _answer(problem: Problem) -> JSONResponse:
    body = ProblemBody(
        type="about:blank" if problem.code == "http-error" else f"/problems/{problem.code}",
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
        media_type="application/problem+json",
    )


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return _answer(error)


async def _on_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [FieldFault(**fault, suggestion=None) for fault in field_faults(error)]
    named = ", ".join(sorted({fault.pointer or "the body" for fault in faults}))
    return _answer(Invalid(f"Not valid: {named}.", errors=faults))


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status, headers = error.status_code, dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    detail = str(error.detail)
    if status in DETAILS:
        detail = DETAILS[status].format(
            path=request.url.path, method=request.method, allow=headers.get("Allow")
        )
    problem = Problem(detail, headers=headers)
    problem.status, problem.code = status, "http-error"
    problem.title = HTTPStatus(status).phrase
    return _answer(problem)


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
        return _answer(Invalid("A value cannot be stored: out of range, or holding NUL or NaN."))
    if error.connection_invalidated or state[:2] in AWAY:
        return await _on_away(request, error)
    return await _on_crash(request, error)


async def _on_away(request: Request, error: Exception) -> JSONResponse:
    log.warning("database.away", path=request.url.path, error=f"{type(error).__name__}: {error}")
    return _answer(Unavailable("The database cannot be reached."))


async def _on_crash(request: Request, error: Exception) -> JSONResponse:
    log.error("request.crashed", path=request.url.path, exc_info=error)
    return _answer(Problem("The fault is ours and has been logged; trying again may help."))


def install_problems(app: FastAPI) -> None:
    """Make `app` answer every error as problem details."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DBAPIError, _on_database)
    app.add_exception_handler(PoolTimeout, _on_away)
    app.add_exception_handler(Exception, _on_crash)
    _describe_problems(app)


def _describe_problems(app: FastAPI) -> None:
    """Add the schema that `problem_responses` refers to to the OpenAPI document of `app`."""
    plain = app.openapi
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    nested = problem.pop("$defs")

    def openapi() -> dict[str, Any]:
        document = plain()
        document.setdefault("components", {}).setdefault("schemas", {}).update(
            {"Problem": problem, **nested}
        )
        return document

    app.openapi = openapi  # type: ignore[method-assign]
