"""A literal path of a router never matches `{id}`: methods that it does not have answer 405."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from mergehub.kit.problems.answers import answer
from mergehub.kit.problems.problem import MethodNotAllowed

Methods = Mapping[str, frozenset[str]]


def literal_paths(routers: Iterable[APIRouter]) -> Methods:
    """The paths without parameters, with the methods of each."""
    found: dict[str, frozenset[str]] = {}
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and not route.param_convertors:
                found[route.path] = found.get(route.path, frozenset()) | (route.methods or set())
    return {
        path: methods | {"HEAD"} if "GET" in methods else methods for path, methods in found.items()
    }


class LiteralPaths:
    """ASGI middleware; without it, `GET /things/check` would ask for the thing named `check`."""

    def __init__(self, app: ASGIApp, paths: Methods) -> None:
        self._app = app
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods = self._paths.get(scope["path"]) if scope["type"] == "http" else None
        if methods is None or scope["method"] in methods:
            await self._app(scope, receive, send)
            return
        await answer(not_allowed(scope, methods))(scope, receive, send)


def not_allowed(scope: Scope, methods: Iterable[str]) -> MethodNotAllowed:
    """The problem of a request whose path has other `methods`."""
    allow = ", ".join(sorted(methods))
    return MethodNotAllowed(
        f"{scope['path']} does not accept {scope['method']}; it accepts {allow}.",
        headers={"Allow": allow},
    )
