"""Limits on bodies, and HEAD, for the requests of every service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mergehub.kit.problems.answers import answer
from mergehub.kit.problems.problem import UnsupportedEncoding

BODY_BYTES = 2 << 20
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


class BodyLimit:
    """ASGI middleware that reads no more of a body than its path accepts (413).

    `exceptions` maps the ends of paths to other limits in bytes.
    """

    def __init__(self, app: ASGIApp, exceptions: Mapping[str, int]) -> None:
        self._app = app
        self._exceptions = dict(exceptions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._limit(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        left = most - (int(declared) if declared.isdecimal() else 0)
        counted = most

        async def watch() -> Message:
            nonlocal counted
            message = await receive() if left >= 0 else {"type": "http.request"}
            counted -= len(message.get("body", b""))
            if min(left, counted) < 0:
                raise HTTPException(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may have at most {most} bytes."
                )
            return message

        await self._app(scope, watch, send)

    def _limit(self, path: str) -> int:
        return next((n for end, n in self._exceptions.items() if path.endswith(end)), BODY_BYTES)


class PlainBodies:
    """ASGI middleware that refuses compressed bodies (415): few bytes could become gigabytes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("identity", ""):
            await self._app(scope, receive, send)
            return
        problem = UnsupportedEncoding(
            f"The hub does not accept {encoding!r}.", headers={"Accept-Encoding": "identity"}
        )
        await answer(problem)(scope, receive, send)


HEAD_ONLY = "mergehub.head_only"
"""In the scope of a request that was HEAD, for who need not prepare the body."""


class HeadAsGet:
    """ASGI middleware that answers HEAD like GET, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        answered = asyncio.Event()

        async def head_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body"})
                answered.set()

        get = {**scope, "method": "GET", HEAD_ONLY: True}
        getting = asyncio.ensure_future(self._app(get, receive, head_only))
        waiting = asyncio.create_task(answered.wait())
        await asyncio.wait((getting, waiting), return_when=asyncio.FIRST_COMPLETED)
        for task in (getting, waiting):  # or a stream of events would continue without a reader
            task.cancel()
        await asyncio.gather(getting, waiting, return_exceptions=True)
