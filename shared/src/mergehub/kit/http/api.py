"""The outermost layers of every application: no answer leaves around them, not even a crash."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from mergehub.kit.middleware.cors import Cors
from mergehub.kit.middleware.hosts import Hosts
from mergehub.kit.middleware.requests import HeadAsGet
from mergehub.kit.middleware.security import SecurityHeaders


class Api(FastAPI):
    """FastAPI whose every answer has the headers that browsers go by.

    It answers to the names `hosts`, to any where there are none; `free_paths` by any name.

    Middleware that is added to an application lies inside of what answers its crashes.
    """

    def __init__(
        self,
        *,
        cors_origins: Collection[str] = (),
        cors_public: bool = True,
        hosts: Collection[str] = (),
        free_paths: Collection[str] = (),
        **options: Any,
    ) -> None:
        super().__init__(redirect_slashes=False, **options)  # the answer to 404 does it
        self._cors = cors_origins, cors_public
        self._hosts = hosts, free_paths

    def build_middleware_stack(self) -> ASGIApp:
        inner = Cors(super().build_middleware_stack(), *self._cors)
        return HeadAsGet(SecurityHeaders(Hosts(inner, *self._hosts)))
