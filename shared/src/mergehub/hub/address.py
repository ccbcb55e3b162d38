"""The address of a hub: of this machine alone, unless everybody is asked who they are."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Sequence

from mergehub.hub.process import CannotStart

BACKLOG = 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def listen(host: str, port: int, *, guarded: bool = False) -> socket.socket:
    """A listening socket; requests wait in it until somebody answers.

    Raises CannotStart if the address is taken, or where other machines reach it and the hub is
    not `guarded`, so that reading needs no token. Port 0 takes any free one.
    """
    address = _address(host)
    if not (address.is_loopback or guarded):
        raise CannotStart(
            f"{host} can be reached by other machines, and everybody may read what this hub holds: "
            "leave --host out, or add --require-token, so that reading needs a token too. "
            "Tokens cross the network in clear unless a proxy with TLS stands before the hub."
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
    """The origin that clients on this machine write."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is read here
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def names(listener: socket.socket, named: Sequence[str]) -> list[str]:
    """The names that requests may use, `named` by a setting or known; none: any.

    On loopback those of this machine alone, so that no web page binds its own name to it. Whoever
    listens elsewhere asks everyone for a token, which no page has.
    """
    alone = ipaddress.ip_address(listener.getsockname()[0]).is_loopback
    return [*named, *LOOPBACK] if named or alone else []


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise CannotStart(f"{host!r} is no IP address: leave --host out, or give ::1.") from None


def _why_not(host: str, port: int, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is taken by another program: "
            f"stop that, or choose another with --port (--port {port + 1}, or --port 0 for any)."
        )
    return f"Port {port} of {host} cannot be used ({error}): choose another with --port."
