"""Headers that make browsers trust an answer no more than it needs."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = b"default-src 'none'; frame-ancestors 'none'"
PAGES = (
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
NOT_MODIFIED = 304  # has no content type, and its policy would replace that of the cached page
YEAR_SECONDS = 365 * 24 * 3600


class SecurityHeaders:
    """ASGI middleware that adds security headers; headers that an answer sets itself stay.

    Caches may not store an answer unless it says so. Data may load nothing; pages may load only
    what comes from the hub.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                _tell(message, secure=scope["scheme"] == "https")
            await send(message)

        await self._app(scope, receive, telling if scope["type"] == "http" else send)


def _tell(message: Message, secure: bool) -> None:
    """Add the headers that the answer does not set itself."""
    said = dict(message["headers"])  # ASGI has their names in lower case
    page = said.get(b"content-type", b"").startswith(b"text/html")
    wanted = [*ALWAYS]
    if message["status"] != NOT_MODIFIED:
        wanted.append((b"content-security-policy", PAGES if page else NOTHING))
    if secure:
        wanted.append((b"strict-transport-security", b"max-age=%d" % YEAR_SECONDS))
    added = [pair for pair in wanted if pair[0] not in said]
    message["headers"] = [*message["headers"], *added]
