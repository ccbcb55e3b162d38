"""Headers that tell browsers to trust an answer no more than it needs."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = "default-src 'none'; frame-ancestors 'none'"
PAGES = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NOT_MODIFIED = 304  # says not what it is, and a policy of its own would replace the kept page's
YEAR_SECONDS = 365 * 24 * 3600


class SecurityHeaders:
    """ASGI middleware; what an answer says itself stays. Answers are not stored unless it says so.

    Data may load nothing, pages only what comes from here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if message["status"] != NOT_MODIFIED:
                    _judge_content(headers)
                _tell(headers, secure=scope["scheme"] == "https")
            await send(message)

        await self._app(scope, receive, telling if scope["type"] == "http" else send)


def _judge_content(headers: MutableHeaders) -> None:
    page = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("Content-Security-Policy", PAGES if page else NOTHING)


def _tell(headers: MutableHeaders, secure: bool) -> None:
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cache-Control", "no-store")
    if secure:
        headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_SECONDS}")
