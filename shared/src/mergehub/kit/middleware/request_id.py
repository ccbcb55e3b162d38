"""An id for each request, which its answer, its log lines and its audit records share.

The log lines have the id of the request's trace too, if there are traces.
"""

from __future__ import annotations

import re
from secrets import token_hex

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from mergehub.kit.telemetry.traces import log_fields

HEADER = "X-Request-ID"
USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestId:
    """ASGI middleware that keeps a request's own `X-Request-ID`, or gives it one.

    The id is in `request.state.request_id` and in a header of the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get(HEADER, "")
        name = sent if USABLE.fullmatch(sent) else token_hex(16)
        scope.setdefault("state", {})["request_id"] = name

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        bound = bind_contextvars(request_id=name, **log_fields())
        try:
            await self._app(scope, receive, answer)
        finally:
            reset_contextvars(**bound)
