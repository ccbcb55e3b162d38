"""The host names under which a hub accepts requests.

A web page may point its own name at 127.0.0.1 after it is loaded (DNS rebinding). The browser then
takes the hub for the page's own origin and lets the page read the answers. But the requests still
carry the page's name in `Host`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mergehub.kit.problems.answers import answer
from mergehub.kit.problems.problem import Problem
from mergehub.kit.settings.service import ServiceSettings
from mergehub.urls import address_of, parsed

_HOST = re.compile(
    r"(?:\[(?P<literal>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]*))(?::(?P<port>[0-9]{0,5}))?",
    re.ASCII | re.IGNORECASE,
)


class UnknownHost(Problem):
    """The header `Host` has a name that is not one of the hub's."""

    status, code, title = 421, "unknown-host", "The hub does not accept this host name"
    remedy = (
        "Use the address that the hub printed at its start. If the name is right, ask the operator "
        "of the hub to add it to `MERGEHUB_HOSTS`."
    )


class MalformedHost(Problem):
    """The request has no header `Host`, or several, or one that is not a name with its port."""

    status, code, title = 400, "malformed-host", "The header `Host` cannot be read"
    remedy = "Send one `Host`: a name or an address of the hub, with its port if it has one."


class Hosts:
    """ASGI middleware that refuses requests for names outside of `names`; empty accepts any.

    It accepts the paths of `free` under every name.
    """

    def __init__(self, app: ASGIApp, names: Collection[str], free: Collection[str] = ()) -> None:
        self._app = app
        self._names = frozenset(map(_canonical, names))
        self._free = frozenset(free)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (answer(refusal) if refusal else self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Problem | None:
        sent = Headers(scope=scope).getlist("host")
        name = name_of(sent[0]) if len(sent) == 1 else None
        called = " and ".join(map(repr, sent[:2])) or "missing"
        if self._names and scope["path"] not in self._free:
            return None if name in self._names else UnknownHost(f"The `Host` is {called}.")
        if name is None and (sent or scope["http_version"] == "1.1"):
            return MalformedHost(f"The `Host` is {called}.")
        return None


def name_of(host: str) -> str | None:
    """The name or address of a `Host` field (RFC 9110), or None if it is malformed."""
    read = _HOST.fullmatch(host)
    if read is None or int(read["port"] or 0) >= 2**16:
        return None
    if read["literal"] is None:
        return _canonical(read["name"])
    address = address_of(read["literal"])
    return None if address is None or address.version == 4 else str(address)


def _canonical(name: str) -> str:
    """A name in lower case without a last dot, or an address in its usual form."""
    return str(address_of(name) or name.lower().removesuffix("."))


def own_names(settings: ServiceSettings) -> frozenset[str]:
    """The names of `MERGEHUB_HOSTS` and those that services use; empty if any name will do."""
    if not settings.hosts:
        return frozenset()
    urls = filter(None, (settings.hub_url, settings.lineage_url, settings.leaderboard_url))
    return frozenset(settings.hosts) | {parsed(url).raw_host.decode("ascii") for url in urls}
