"""The outermost layers of every application: no answer leaves around them, not even a crash."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from mergehub.kit.cors import Cors
from mergehub.kit.requests import HeadAsGet
from mergehub.kit.security import SecurityHeaders


class Api(FastAPI):
    """FastAPI whose every answer has the headers that browsers go by.

    Middleware that is added to an application lies inside of what answers its crashes.
    """

    def __init__(
        self, *, cors_origins: Collection[str] = (), cors_public: bool = True, **options: Any
    ) -> None:
        super().__init__(**options)
        self._cors = cors_origins, cors_public

    def build_middleware_stack(self) -> ASGIApp:
        return HeadAsGet(SecurityHeaders(Cors(super().build_middleware_stack(), *self._cors)))
