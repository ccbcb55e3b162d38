"""Sessions of web pages: a token in a cookie that no page can read, for the hub's own pages only.

Browsers also send the cookie with requests that other sites' pages cause. So a request that changes
something must prove that it comes from a page of ours, by headers that only browsers set (`Origin`,
`Sec-Fetch-Site`).
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from mergehub.kit.problems.problem import Problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSite(Problem):
    """The request changes something under a session cookie, and no page of the hub sent it."""

    status, code, title = 403, "cross-site", "This change may come from another site's page"
    remedy = "Send it from a page of the hub, or with a token in the header `Authorization`."


@dataclass(frozen=True)
class Presented:
    """The token of a request, and whether a browser sent it as a cookie."""

    token: str
    by_cookie: bool = False


@dataclass(frozen=True)
class Sessions:
    """How browsers carry sessions at `public_url`. Pages of `origins` may change things, too."""

    public_url: str
    origins: frozenset[str] = frozenset()

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https:")

    def named(self, name: str) -> str:
        """The name of a cookie: with `__Host-`, no sibling domain can set it."""
        return f"__Host-{name}" if self.secure else name

    @property
    def cookie(self) -> str:
        return self.named("mergehub")

    def set(self, response: Response, name: str, value: str, seconds: int) -> None:
        """Set a cookie for `seconds`; 0 deletes it."""
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def check_own(self, connection: HTTPConnection) -> None:
        """Raise CrossSite if a change comes from neither our own pages nor trusted ones."""
        if connection.scope["method"] in SAFE:
            return
        origin = connection.headers.get("origin", "null")
        if origin == "null":  # a page's referrer policy may hide the origin
            own = connection.headers.get("sec-fetch-site") == "same-origin"
        else:
            own = origin == self.public_url or origin in self.origins
        if not own:
            raise CrossSite(f"The request comes from {origin}.")


def presented(scope: Scope) -> Presented | None:
    """The token of a request, from `Authorization` or else from the session's cookie."""
    connection = HTTPConnection(scope)
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return Presented(token.strip())
    sessions: Sessions | None = getattr(scope["app"].state, "sessions", None)
    value = connection.cookies.get(sessions.cookie) if sessions and not kind else None
    return Presented(value, by_cookie=True) if value else None
