"""The address of a hub: of this machine alone, and free before anything is started."""

from __future__ import annotations

import errno
import ipaddress
import socket

from mergehub.hub.process import CannotStart

BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; requests wait in it until somebody answers.

    Raises CannotStart where the address belongs to another machine, or is taken. Port 0 takes
    any free one.
    """
    address = _loopback(host)
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
    """The origin that clients write."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _loopback(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise CannotStart(f"{host!r} is no IP address: leave --host out, or give ::1.") from None
    if not address.is_loopback:
        raise CannotStart(
            f"{host} can be reached by other machines, and everybody may read what this hub holds: "
            "leave --host out and put a proxy that asks for a login before it, "
            "or deploy the services one by one."
        )
    return address


def _why_not(host: str, port: int, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is taken by another program: "
            f"stop that, or choose another with --port (--port {port + 1}, or --port 0 for any)."
        )
    return f"Port {port} of {host} cannot be used ({error}): choose another with --port."
