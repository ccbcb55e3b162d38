"""A service as a process of its own, and a light client."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

START_SECONDS = 120
OPTIONS = (
    "--factory",
    "--http",
    "mergehub.kit.http.server:PatientProtocol",
    "--log-level",
    "warning",
)


@dataclass
class Server:
    """A service that answers on a port of this machine; `ready_after`: seconds from its start.

    `background`: the process of its background work, if that is another one.
    """

    port: int
    process: psutil.Process
    ready_after: float = 0
    background: psutil.Process | None = None

    @property
    def processes(self) -> list[psutil.Process]:
        """All processes of the service, without their children."""
        return [self.process, *([self.background] if self.background else [])]

    @contextmanager
    def client(self) -> Iterator[Client]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        try:
            yield Client(connection)
        finally:
            connection.close()

    def megabytes(self) -> float:
        """The memory that the process has for itself."""
        return self.process.memory_full_info().uss / 1e6


@dataclass
class Client:
    """One connection that is kept."""

    connection: http.client.HTTPConnection

    def get(self, path: str, accept: str = "application/json") -> bytes:
        """The body of an answer. Raises RuntimeError for any but 200."""
        return self._ask("GET", path, None, {"Accept": accept})

    def post(self, path: str, body: bytes, token: str) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return json.loads(self._ask("POST", path, body, headers))

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        found = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {answer.status} {found.decode()}")
        return found


def free_port() -> int:
    """A port of this machine that no program uses."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def serving(
    env: Mapping[str, str],
    first: str,
    service: str = "lineage",
    start_seconds: float = START_SECONDS,
) -> Iterator[Server]:
    """The service, once it has answered `first`."""
    port = free_port()
    started = time.perf_counter()
    app = [f"{service}.app:create_app", *OPTIONS, "--port", str(port)]
    process = subprocess.Popen([sys.executable, "-m", "uvicorn", *app], env=dict(env))
    try:
        server = Server(port, psutil.Process(process.pid))
        wait_for(server, first, start_seconds)
        server.ready_after = time.perf_counter() - started
        yield server
    finally:
        process.terminate()
        process.wait()


def wait_for(server: Server, path: str, seconds: float) -> None:
    """Ask until the answer comes. Raises what the last try raised."""
    until = time.perf_counter() + seconds
    while True:
        try:
            with server.client() as client:
                client.get(path)
                return
        except (OSError, RuntimeError):
            if time.perf_counter() > until or _ended(server.process):
                raise
        time.sleep(0.02)


def _ended(process: psutil.Process) -> bool:
    """Whether a process has ended, also if nobody has waited for it yet."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
