"""The address of a hub. Other machines can reach it only if reading needs a token."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Sequence

from mergehub.hub.process import CannotStart

BACKLOG = 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def listen(host: str, port: int, *, guarded: bool = False) -> socket.socket:
    """A listening socket, in which requests wait until the services answer.

    Port 0 takes any free one. Raises CannotStart if the address is taken, or if other machines can
    reach it and the hub is not `guarded` (reading needs no token).
    """
    address = _address(host)
    if not (address.is_loopback or guarded):
        raise CannotStart(
            f"{host} can be reached by other machines, and anyone could read what this hub holds: "
            "leave --host out, or add --require-token, so that reading needs a token too. "
            "Tokens cross the network unencrypted unless a proxy with TLS is in front of the hub."
        )
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((str(address), port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise CannotStart(_why_not(host, port, error)) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """The hub's origin for clients on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is read here
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def names(listener: socket.socket, named: Sequence[str]) -> list[str]:
    """The host names that requests may use: those `named`, else the known ones; empty for any.

    On loopback, they are those of this machine, so that no web page can bind its own name to it. At
    other addresses a hub always asks for a token, which no page has.
    """
    alone = ipaddress.ip_address(listener.getsockname()[0]).is_loopback
    return [*named, *LOOPBACK] if named or alone else []


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise CannotStart(
            f"{host!r} is not an IP address: leave --host out, or give one, such as ::1."
        ) from None


def _why_not(host: str, port: int, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return (
            f"Another program uses port {port} of {host}: stop it, or choose another port "
            f"(--port {port + 1}, or --port 0 for any free one)."
        )
    return f"Port {port} of {host} cannot be used ({error}): choose another with --port."
