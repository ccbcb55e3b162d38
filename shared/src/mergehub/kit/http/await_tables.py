"""Refuses requests until the tables of the service are there."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from mergehub.kit.background.resources import Resources
from mergehub.kit.middleware.bodies import PROBES
from mergehub.kit.problems.answers import answer
from mergehub.kit.problems.exhausted import NotReady

RETRY_AFTER = {"Retry-After": "2"}


class AwaitTables:
    """ASGI middleware: a request that comes before the tables gets 503 and what they lack."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lacks = _lacks(scope) if scope["type"] == "http" else None
        app = answer(NotReady(lacks, headers=RETRY_AFTER)) if lacks else self._app
        await app(scope, receive, send)


def _lacks(scope: Scope) -> str | None:
    resources: Resources | None = getattr(scope["app"].state, "resources", None)
    if resources is None or scope["path"] in PROBES:
        return None
    return resources.tables.missing
