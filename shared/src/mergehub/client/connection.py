"""Which hub a client uses, and how it connects."""

from __future__ import annotations

from typing import Any

import httpx

from mergehub.client.errors import HubUnreachable
from mergehub.client.whereabouts import nobody_on_the_folder
from mergehub.logins import read_logins
from mergehub.tls import tls
from mergehub.tokens import read_token
from mergehub.urls import is_loopback, parsed
from mergehub.variables import variable
from mergehub.whereabouts import default_folder, read_connection

DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT = httpx.Timeout(65, connect=5)  # a hub begins to answer within 60 s


def found(url: str | None, token: str | None) -> tuple[str, str | None]:
    """The address and token of the hub to use.

    They are, in this order: those given; those of MERGEHUB_URL and MERGEHUB_TOKEN, or of their
    files; those of this machine's hub; those of the last sign-in on this machine. The token that
    `mergehub up` left, and those of sign-ins, are sent only to their own hub.

    Raises BadVariable, BadToken, and HubUnreachable if MERGEHUB_DATA names a folder without a hub.
    """
    url = url or variable("MERGEHUB_URL") or None
    token = variable("MERGEHUB_TOKEN") if token is None else token
    if token is not None:
        token = read_token(token)
    left, signed_in = read_connection(default_folder()), read_logins()
    if url is None or url.rstrip("/") == left.get("url"):
        token = token or left.get("token")
    if url is None and not left and variable("MERGEHUB_DATA"):
        raise HubUnreachable(nobody_on_the_folder())
    url = (url or left.get("url") or next(reversed(signed_in), DEFAULT_URL)).rstrip("/")
    return url, token or signed_in.get(url)


def is_known(url: str | None) -> bool:
    """Whether a hub is named: by `url`, a variable, `mergehub up` here, or an earlier sign-in."""
    left = read_connection(default_folder())
    return bool(url or variable("MERGEHUB_URL") or left.get("url") or read_logins())


def settings(url: str, token: str | None) -> dict[str, Any]:
    """The arguments for an httpx client of the hub at `url`. Raises NotAUrl or BadToken."""
    host = parsed(url).raw_host.decode("ascii")
    return {
        "base_url": url,
        "timeout": TIMEOUT,
        "verify": tls(url),
        "headers": {"Authorization": f"Bearer {read_token(token)}"} if token else {},
        "trust_env": not is_loopback(host),  # a proxy cannot reach this machine's loopback
    }
