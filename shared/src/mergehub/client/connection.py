"""Which hub a client turns to, and how it connects."""

from __future__ import annotations

import ipaddress
import os
from typing import Any

import httpx

from mergehub.hub.folder import default_folder, read_connection

DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT = httpx.Timeout(65, connect=5)  # a hub begins to answer within 60 s


def found(url: str | None, token: str | None) -> tuple[str, str | None]:
    """Address and token: those given, of MERGEHUB_URL and MERGEHUB_TOKEN, or of this machine's hub.

    The token that `mergehub up` left is sent to no other hub.
    """
    url = url or os.environ.get("MERGEHUB_URL")
    token = token or os.environ.get("MERGEHUB_TOKEN")
    left = read_connection(default_folder())
    if url is None or url.rstrip("/") == left.get("url"):
        token = token or left.get("token")
    return url or left.get("url") or DEFAULT_URL, token


def settings(url: str, token: str | None) -> dict[str, Any]:
    """How httpx connects to the hub at an address."""
    return {
        "base_url": url,
        "timeout": TIMEOUT,
        "headers": {"Authorization": f"Bearer {token}"} if token else {},
        "trust_env": not _is_local(url),  # a proxy cannot reach this machine's loopback
    }


def _is_local(url: str) -> bool:
    host = httpx.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
