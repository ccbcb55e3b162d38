"""Routes that read their parameters and models when they are first needed.

FastAPI reads those of each route where it is declared, and once more where its router is included.
Most of a service's start would go there, and most processes never answer most of the operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.params import Depends
from fastapi.routing import APIRoute
from starlette.routing import compile_path

_READING = RLock()  # a document is made in a thread, beside requests


class Route(APIRoute):
    """A route that knows its path and methods; the rest is read when it is first asked for."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """`options` are those of APIRoute."""
        self.path, self.endpoint, self.options = path, endpoint, options
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.methods = {method.upper() for method in options.get("methods") or ["GET"]}
        self.openapi_extra = options.get("openapi_extra")
        self._is_read = False

    def __getattr__(self, name: str) -> Any:
        """An attribute that is not there yet."""
        with _READING:
            if not self.__dict__.get("_is_read", True):
                self._is_read = True
                super().__init__(self.path, self.endpoint, **self.options)
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"A route has no attribute {name!r}.") from None


class Router(APIRouter):
    """A router of such routes."""

    def __init__(self, **options: Any) -> None:
        """`options` are those of APIRouter."""
        super().__init__(route_class=Route, **options)


def include(
    app: FastAPI,
    router: Router,
    dependencies: Sequence[Depends],
    responses: Mapping[int | str, dict[str, Any]],
) -> None:
    """Declare the routes of `router` on `app`, with what all of them have besides."""
    for route in router.routes:
        assert isinstance(route, Route)
        options = dict(route.options)
        del options["dependency_overrides_provider"]  # that of the app
        options["dependencies"] = [*dependencies, *options["dependencies"]]
        options["responses"] = {**responses, **options["responses"]}
        app.router.add_api_route(route.path, route.endpoint, route_class_override=Route, **options)
