"""Which web pages may use the API (CORS).

There are two policies. Pages of any origin may read without a token, unless `MERGEHUB_CORS_PUBLIC`
is false: a hub on a private machine must stay closed to the pages that its owner visits. Only pages
of `MERGEHUB_CORS_ORIGINS` may send a token or change something. Cookies are for the hub's own pages
only (`browsers.py`), so no answer allows credentials.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mergehub.kit.problems.answers import answer
from mergehub.kit.problems.problem import Problem

READS = frozenset({"GET", "HEAD"})
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
READ_FIELDS = frozenset({"accept", "content-type", "if-none-match", "last-event-id", "range"})
FIELDS = READ_FIELDS | {"authorization", "idempotency-key", "if-match"}
EXPOSED = (
    "Content-Range, Deprecation, ETag, Idempotency-Replayed, Link, Location, RateLimit, "
    "RateLimit-Policy, Retry-After, Sunset, X-Request-ID"
)
PREFLIGHT_SECONDS = 7200  # browsers keep it no longer


class OriginRefused(Problem):
    """A web page asked for more than the hub allows pages of its origin."""

    status, code, title = 403, "origin-refused", "The hub does not allow this to the page's origin"
    remedy = "Ask the operator of the hub to add the page's origin to `MERGEHUB_CORS_ORIGINS`."


class Cors:
    """ASGI middleware that answers preflights and says which origins may read an answer."""

    def __init__(self, app: ASGIApp, origins: Collection[str], public: bool) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        origin = headers.get("origin")
        if scope["type"] == "http" and origin is not None and _is_preflight(scope, headers):
            await self._preflight(origin, headers)(scope, receive, send)
            return
        reads = scope.get("method") in READS and "authorization" not in headers
        public = self._public and reads

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tell(MutableHeaders(scope=message), origin, public)
            await send(message)

        await self._app(scope, receive, telling if scope["type"] == "http" else send)

    def _tell(self, headers: MutableHeaders, origin: str | None, public: bool) -> None:
        if public:
            headers["Access-Control-Allow-Origin"] = "*"
        else:
            headers.add_vary_header("Origin")
            if origin not in self._origins:
                return
            headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = EXPOSED

    def _preflight(self, origin: str, headers: Headers) -> Response:
        asked = headers.get("access-control-request-headers", "").lower().split(",")
        fields = {field.strip() for field in asked} - {""}
        method = headers["access-control-request-method"]
        if self._public and method in READS and fields <= READ_FIELDS:
            return _allowed("*", "GET, HEAD", READ_FIELDS)
        if origin in self._origins:
            return _allowed(origin, METHODS, FIELDS)
        may = "only read what is public" if self._public else "not read this hub"
        refusal = answer(OriginRefused(f"{origin} may {may}."))
        refusal.headers["Vary"] = "Origin"
        return refusal


def _is_preflight(scope: Scope, headers: Headers) -> bool:
    return scope["method"] == "OPTIONS" and "access-control-request-method" in headers


def _allowed(origin: str, methods: str, fields: Collection[str]) -> Response:
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": ", ".join(sorted(fields)),
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
            "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        },
    )
