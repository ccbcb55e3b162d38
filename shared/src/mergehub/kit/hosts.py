"""Which names a hub goes by.

A web page may point its own name at 127.0.0.1 once it is loaded (DNS rebinding): to the browser
what it then asks for comes from its own origin, so it may read the answers. Its requests still
carry its name in `Host`.
"""

from __future__ import annotations

from collections.abc import Collection

import httpx
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mergehub.kit.problems import Problem, answer
from mergehub.kit.settings import ServiceSettings


class UnknownHost(Problem):
    """The request calls the hub by a name that is not among its own, in the header `Host`."""

    status, code, title = 421, "unknown-host", "The hub does not go by this name"
    remedy = (
        "Call it by the address that it told at its start. Where the name is right, have whoever "
        "runs the hub add it to `MERGEHUB_HOSTS`."
    )


class Hosts:
    """ASGI middleware that refuses requests for other names than `names`; none: takes any.

    The paths of `free` are answered to everyone.
    """

    def __init__(self, app: ASGIApp, names: Collection[str], free: Collection[str] = ()) -> None:
        self._app = app
        self._names = frozenset(map(name_of, names))
        self._free = frozenset(free)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._names or scope["path"] in self._free:
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).getlist("host")
        if len(sent) == 1 and name_of(sent[0]) in self._names:
            await self._app(scope, receive, send)
            return
        called = f"It was called {sent[0]!r}" if sent else "It was called by no name"
        await answer(UnknownHost(f"{called}."))(scope, receive, send)


def name_of(host: str) -> str:
    """A `Host` field without its port, and without the differences that DNS does not make."""
    inside = host.strip().lower().partition("]")
    if inside[1]:
        return inside[0].removeprefix("[")
    name, _, port = host.strip().lower().rpartition(":")
    plain = name if name and ":" not in name and port.isdecimal() else host.strip().lower()
    return plain.removesuffix(".")


def own_names(settings: ServiceSettings) -> frozenset[str]:
    """The names of `MERGEHUB_HOSTS`, and the one by which services reach each other; none: any."""
    if not settings.hosts:
        return frozenset()
    return frozenset(settings.hosts) | {httpx.URL(settings.hub_url).host}
