"""Turn every error of an application into problem details: ours, FastAPI's, the database's."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match

from mergehub.kit.docs.missing import missing_page, wants_page
from mergehub.kit.openapi.document import Document, amend
from mergehub.kit.problems.answers import answer
from mergehub.kit.problems.exhausted import StorageFull
from mergehub.kit.problems.faults import field_faults
from mergehub.kit.problems.problem import (
    BadRequest,
    BodyTooLarge,
    Invalid,
    MethodNotAllowed,
    NotFound,
    OtherHttpError,
    Problem,
    ProblemBody,
    RequestTooSlow,
    Unavailable,
)

log = structlog.get_logger()

# SQLSTATE classes: connection exception, insufficient resources, operator intervention.
AWAY = frozenset({"08", "53", "57"})

DISK_FULL = "53100"

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

BY_STATUS: Mapping[int, type[Problem]] = {
    each.status: each
    for each in (BadRequest, NotFound, MethodNotAllowed, RequestTooSlow, BodyTooLarge, Invalid)
}
"""The problem for each status that the framework raises."""

DETAILS = {
    "There was an error parsing the body": "The body cannot be read as JSON in UTF-8.",
    "Not Found": "Nothing is at {path}. /docs lists every operation, guide and problem.",
    "Method Not Allowed": "{path} does not accept {method}; it accepts {allow}.",
}
"""Full sentences for the short details of the framework."""


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _told(request, error)


def _told(request: Request, problem: Problem) -> Response:
    """Problem details, an HTML page for a browser, or a redirect without the last slash."""
    if not isinstance(problem, NotFound):
        return answer(problem)
    if meant := _without_slash(request):
        return RedirectResponse(meant, HTTPStatus.TEMPORARY_REDIRECT)
    return missing_page(problem) if wants_page(request) else answer(problem)


def _without_slash(request: Request) -> str | None:
    """The address without its last slash, if a route is there.

    It has no host and no scheme, so it cannot lead to another host, or from https to http.
    """
    path = request.url.path.rstrip("/")
    if path == request.url.path or not path or path.startswith("//"):
        return None
    scope = {**request.scope, "path": path}
    if all(route.matches(scope)[0] is Match.NONE for route in request.app.routes):
        return None
    return quote(path) + (f"?{request.url.query}" if request.url.query else "")


async def _on_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    field = getattr(request.scope.get("route"), "body_field", None)
    body = field.field_info.annotation if field is not None else None
    faults = list(field_faults(error, body))
    named = ", ".join(sorted({fault.pointer or "the body" for fault in faults}))
    return answer(Invalid(f"Not valid: {named}.", errors=faults))


async def _on_http(request: Request, error: Exception) -> Response:
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
    return _told(request, problem)


def _methods(request: Request) -> set[str]:
    """All methods of the request's path; Starlette names only those of the first route."""
    app: FastAPI = request.app
    found = {
        method
        for method in METHODS
        for route in app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }
    return found | {"HEAD"} if "GET" in found else found


async def _on_database(request: Request, error: Exception) -> JSONResponse:
    """SQLSTATE class 22 means that the request holds a value that cannot be stored.

    Other classes are not the fault of the request.
    """
    assert isinstance(error, DBAPIError)
    state = str(getattr(error.orig, "sqlstate", None))
    if state.startswith("22"):
        return answer(Invalid("A value cannot be stored: it is out of range, or has NUL or NaN."))
    if state == DISK_FULL:
        log.warning("database.full", path=request.url.path)
        return answer(StorageFull("The database's disk is full. Nothing was stored."))
    if error.connection_invalidated or state[:2] in AWAY:
        return await _on_away(request, error)
    return await _on_crash(request, error)


async def _on_away(request: Request, error: Exception) -> JSONResponse:
    log.warning("database.away", path=request.url.path, error=f"{type(error).__name__}: {error}")
    return answer(Unavailable("The database cannot be reached."))


async def _on_busy(request: Request, error: Exception) -> JSONResponse:
    log.warning("database.busy", path=request.url.path, error=str(error))
    return answer(Unavailable("The database is busy: no connection became free in time."))


async def _on_gone(request: Request, error: Exception) -> JSONResponse:
    log.info("client.gone", path=request.url.path)
    return answer(BadRequest("The body is incomplete."))  # the client is gone and does not read it


async def _on_crash(request: Request, error: Exception) -> JSONResponse:
    log.error("request.crashed", path=request.url.path, exc_info=error)
    return answer(Problem("The hub has logged the error. Trying again may help."))


def install_problems(app: FastAPI) -> None:
    """Make `app` answer every error as problem details."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DBAPIError, _on_database)
    app.add_exception_handler(PoolTimeout, _on_busy)
    app.add_exception_handler(ClientDisconnect, _on_gone)
    app.add_exception_handler(Exception, _on_crash)
    amend(app, _describe_problems)


def _describe_problems(document: Document) -> None:
    """Add the schema that `problem_responses` refers to."""
    problem = ProblemBody.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    nested = problem.pop("$defs")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update({"Problem": problem, **nested})
