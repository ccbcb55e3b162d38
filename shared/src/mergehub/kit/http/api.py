"""The outermost layers of every application. Every answer passes them, even that to a crash."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Scope

from mergehub.kit.middleware.bodies import PROBES, HeadAsGet
from mergehub.kit.middleware.cors import Cors
from mergehub.kit.middleware.hosts import Hosts
from mergehub.kit.middleware.security import SecurityHeaders


def _untraced(scope: Scope) -> bool:
    """Whether a request comes every few seconds, and says nothing new."""
    path: str = scope["path"]
    return path in PROBES or path.endswith("/heartbeat") or path.startswith("/v1/workers/")


class Api(FastAPI):
    """FastAPI whose every answer has the headers that control browsers.

    It accepts requests for the host names `hosts`, or for any name if that is empty; it accepts
    `free_paths` under any name.

    These layers are not added as middleware, which would lie inside the layer that answers crashes.
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
        telemetry: TelemetryConfig = {
            "metrics": False,  # we have our own
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": _untraced,
        }
        # The 404 handler redirects.
        super().__init__(redirect_slashes=False, telemetry=telemetry, **options)
        self._cors = cors_origins, cors_public
        self._hosts = hosts, free_paths

    def build_middleware_stack(self) -> ASGIApp:
        inner = Cors(super().build_middleware_stack(), *self._cors)
        return HeadAsGet(SecurityHeaders(Hosts(inner, *self._hosts)))
