"""Announce that an operation will end: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import format_datetime

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LATE = "mergehub_late_headers"


def deprecated(
    since: datetime, sunset: datetime | None = None, *, successor: str = "", page: str = ""
) -> Callable[[Request], Awaitable[None]]:
    """A dependency that marks every answer of an operation, its errors too.

    `since` and `sunset` are in UTC; `successor` is the address of the operation to use instead,
    `page` that of an explanation. Set `deprecated=True` as well, for the OpenAPI document:

        @router.get("/old", deprecated=True, dependencies=[Depends(deprecated(SINCE, END))])
    """
    headers = [("Deprecation", f"@{int(since.timestamp())}")]
    if sunset is not None:
        if sunset < since:
            raise ValueError("`sunset` must not be before `since`")
        headers.append(("Sunset", format_datetime(sunset, usegmt=True)))
    for relation, address in (("successor-version", successor), ("deprecation", page)):
        if address:
            headers.append(("Link", f'<{address}>; rel="{relation}"'))

    async def mark(request: Request) -> None:
        request.scope[LATE].extend(headers)

    return mark


class LateHeaders:
    """ASGI middleware that adds the headers that dependencies left to any answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        late: list[tuple[str, str]] = []
        scope[LATE] = late

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in late:
                    headers.append(name, value)
            await send(message)

        await self._app(scope, receive, adding)
