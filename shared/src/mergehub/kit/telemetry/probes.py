"""`/metrics`, `/healthz` and `/readyz` of a program without an API, at a port of its own.

A thread answers, so that it can still report that the program's own thread is stuck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, has_dualstack_ipv6
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Faults = Callable[[], list[str]]
"""What is wrong, in sentences; none if all is well."""

CLIENT_SECONDS = 5.0  # for a client to send its request


class Probes:
    """A WSGI application; without `unready` there is no `/readyz`."""

    def __init__(
        self, metrics: CollectorRegistry, stuck: Faults, unready: Faults | None = None
    ) -> None:
        self._metrics = metrics
        self._faults = {"/healthz": stuck} | ({"/readyz": unready} if unready else {})

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        status, kind, body = self._answer(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, method: str, path: str) -> tuple[str, str, bytes]:
        if method not in ("GET", "HEAD"):
            return "405 Method Not Allowed", "text/plain", b"Only GET is allowed.\n"
        if path == "/metrics":
            return "200 OK", CONTENT_TYPE_LATEST, generate_latest(self._metrics)
        if path not in self._faults:
            paths = ", ".join(["/metrics", *self._faults])
            return "404 Not Found", "text/plain", f"Not found. There are: {paths}.\n".encode()
        if faults := self._faults[path]():
            told = "\n".join(faults) + "\n"
            return "503 Service Unavailable", "text/plain; charset=utf-8", told.encode()
        return "200 OK", "text/plain", b"ok\n"


@contextmanager
def probed(port: int, probes: Probes) -> Iterator[None]:
    """Serve `probes` at `port` of all addresses while the block lasts; port 0 serves none.

    Raises SystemExit with a sentence if the port cannot be used.
    """
    if not port:
        yield
        return
    try:
        server = _Server(("", port), _Handler)
    except OSError as error:
        raise SystemExit(
            f"MERGEHUB_METRICS_PORT={port}: this port cannot be used ({error.strerror}). "
            "Give each program on a machine a port of its own."
        ) from error
    server.set_app(probes)
    thread = Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingMixIn, WSGIServer):
    address_family = AF_INET6 if has_dualstack_ipv6() else AF_INET
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        """Bind without a search for the machine's name, which waits for a name server."""
        if self.address_family == AF_INET6:
            self.socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "", self.server_address[1]
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    timeout = CLIENT_SECONDS

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log no request: probes come every few seconds."""
