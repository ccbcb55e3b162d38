"""Sessions of web pages: a token in a cookie that no page can read, used by our own pages alone.

The cookie goes along with requests that other sites' pages cause, too. So whatever changes
something must show, by what browsers alone write (`Origin`, `Sec-Fetch-Site`), that it comes from
a page of ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from mergehub.kit.problems.problem import Problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSite(Problem):
    """A cookie came with a change, and nothing shows that a page of the hub itself asks for it."""

    status, code, title = 403, "cross-site", "This change may come from another site's page"
    remedy = "Send it from a page of the hub, or with a token in `Authorization`."


@dataclass(frozen=True)
class Presented:
    """The token that came with a request, and whether a browser sent it by itself."""

    token: str
    by_cookie: bool = False


@dataclass(frozen=True)
class Sessions:
    """How browsers carry sessions: known at `public_url`; `origins` may change things as well."""

    public_url: str
    origins: frozenset[str] = frozenset()

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https:")

    def named(self, name: str) -> str:
        """The name of a cookie: with `__Host-` no neighbouring domain can plant one."""
        return f"__Host-{name}" if self.secure else name

    @property
    def cookie(self) -> str:
        return self.named("mergehub")

    def set(self, response: Response, name: str, value: str, seconds: int) -> None:
        """Give the browser a cookie for `seconds`; with 0 it forgets the cookie."""
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
        """Raise CrossSite unless a change comes from our own pages, or from trusted ones."""
        if connection.scope["method"] in SAFE:
            return
        origin = connection.headers.get("origin", "null")
        if origin == "null":  # where the page's referrer policy hides it, too
            own = connection.headers.get("sec-fetch-site") == "same-origin"
        else:
            own = origin == self.public_url or origin in self.origins
        if not own:
            raise CrossSite(f"The request comes from {origin}.")


def presented(scope: Scope) -> Presented | None:
    """The token of a request: that of `Authorization`, else that of the session's cookie."""
    connection = HTTPConnection(scope)
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return Presented(token.strip())
    sessions: Sessions | None = getattr(scope["app"].state, "sessions", None)
    value = connection.cookies.get(sessions.cookie) if sessions and not kind else None
    return Presented(value, by_cookie=True) if value else None
