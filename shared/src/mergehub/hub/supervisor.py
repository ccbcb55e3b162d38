"""Keeps the parts of a hub running: restarts those that end, and stops all in order."""

from __future__ import annotations

import contextlib
import select
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mergehub.backoff import Backoff
from mergehub.hub.process import CannotStart, last_lines, spawn, stop

DEATHS_ALLOWED = 5
WITHIN_SECONDS = 60.0
BACKOFF = Backoff(first=0.2, longest=5.0)
LONGEST_LOG_BYTES = 10 * 1024**2
LAST_LINES = 15
FULL_DISK_BYTES = 20 * 1024**2  # PostgreSQL needs room for a file of its log to start


class Part(Protocol):
    """A child process under the supervisor: a store, or a `Program`."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    @property
    def pid(self) -> int | None: ...
    def launch(self) -> None: ...
    def poll(self) -> int | None: ...
    def stop(self) -> None: ...


@dataclass
class Program:
    """One of our own programs as a child process; SIGTERM ends it."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    pass_fds: Sequence[int] = ()
    seconds_to_stop: float = 10
    _child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def launch(self) -> None:
        """Start it; if the log of earlier starts is too long, rename it first."""
        if self.log.exists() and self.log.stat().st_size > LONGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self._child = spawn(self.command, log=log, env=self.env, pass_fds=self.pass_fds)

    def poll(self) -> int | None:
        return self._child.poll() if self._child else None

    def stop(self) -> None:
        if self._child is not None:
            stop(self._child, signal.SIGTERM, self.seconds_to_stop)
            self._child = None


@dataclass
class _Watched:
    part: Part
    deaths: list[float] = field(default_factory=list)
    pardoned: list[float] = field(default_factory=list)  # deaths while the disk was full
    due: float | None = None  # when to start it again; None while it runs

    def died(self, now: float, full: bool) -> float:
        """Note a death; returns the pause before the restart."""
        (self.pardoned if full else self.deaths).append(now)
        self.deaths = [t for t in self.deaths if now - t < WITHIN_SECONDS]
        self.pardoned = [t for t in self.pardoned if now - t < WITHIN_SECONDS]
        pause = BACKOFF.pause(len(self.deaths) + len(self.pardoned))
        self.due = now + pause
        return pause


class Supervisor:
    """Watches parts. Give them in the order in which they depend on one another."""

    def __init__(
        self,
        parts: Sequence[Part],
        on_change: Callable[[list[int]], None],
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`on_change` gets the ids of the running children whenever they change.

        `say` gets a message for people about each part that ends.
        """
        self._watched = [_Watched(part) for part in parts]
        self._on_change = on_change
        self._say = say

    def launch(self, part: Part) -> None:
        part.launch()
        self._tell()

    def check(self, parts: Iterable[Part]) -> None:
        """Raises CannotStart if one of `parts` has ended; during the start, a death is enough."""
        for part in parts:
            if part.poll() is not None:
                raise CannotStart(_obituary(part, "ended at its start"))

    def all_run(self) -> bool:
        """Whether all parts run."""
        return all(watched.part.poll() is None for watched in self._watched)

    def watch(self) -> None:
        """Restart parts that end, for ever. Raises CannotStart if that is hopeless."""
        with _child_signals() as ended:
            while True:
                for watched in self._watched:
                    self._look_after(watched)
                pauses = [w.due - time.monotonic() for w in self._watched if w.due is not None]
                select.select([ended], [], [], max(0.0, min(pauses)) if pauses else None)
                with contextlib.suppress(BlockingIOError):
                    ended.recv(4096)

    def stop(self) -> None:
        """Stop all in reverse order, so that each still has what it depends on."""
        for watched in reversed(self._watched):
            watched.part.stop()
        self._tell()

    def _look_after(self, watched: _Watched) -> None:
        now = time.monotonic()
        if watched.due is None and (status := watched.part.poll()) is not None:
            self._mourn(watched, now, f"ended with status {status}")
        elif watched.due is not None and now >= watched.due:
            watched.due = None
            try:
                self.launch(watched.part)
            except OSError as error:
                self._mourn(watched, now, f"could not be started ({error.strerror})")

    def _mourn(self, watched: _Watched, now: float, what: str) -> None:
        """Schedule the restart of a part that ended. Raises CannotStart if that is hopeless.

        A full disk is not hopeless: the operator will make room, however long that takes.
        """
        name, full = watched.part.name, _is_full(watched.part.log.parent)
        pause = watched.died(now, full)
        if len(watched.deaths) >= DEATHS_ALLOWED:
            how_often = f"ended {DEATHS_ALLOWED} times within {WITHIN_SECONDS:.0f} seconds"
            raise CannotStart(_obituary(watched.part, how_often))
        why = " The disk is full: free some space." if full else ""
        self._say(f"{name} {what}; it will be restarted in {pause:.1f} s.{why}")

    def _tell(self) -> None:
        self._on_change([w.part.pid for w in self._watched if w.part.pid is not None])


def _obituary(part: Part, what: str) -> str:
    words = last_lines(part.log, LAST_LINES) or "(the log is empty)"
    full = _is_full(part.log.parent)
    advice = "\nThe disk is full: free some space and start again." if full else ""
    return f"{part.name} {what}. The end of {part.log}:\n{words}{advice}"


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < FULL_DISK_BYTES


@contextmanager
def _child_signals() -> Iterator[socket.socket]:
    """A socket that becomes readable when a child ends."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    before = signal.signal(signal.SIGCHLD, lambda number, frame: None)
    old = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(old)
        signal.signal(signal.SIGCHLD, before)
        reader.close()
        writer.close()
