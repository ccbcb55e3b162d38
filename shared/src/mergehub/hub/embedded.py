"""The base of the stores that the hub starts itself: a child process with a folder of its own."""

from __future__ import annotations

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from mergehub.hub.process import CannotStart, last_lines, stop

LOOK_SECONDS = 0.02


class EmbeddedStore(ABC):
    """One server over one folder, reached only through a Unix socket.

    `start` creates what is missing and waits until the server answers.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    seconds_to_start: ClassVar[float] = 15
    seconds_to_stop: ClassVar[float] = 10

    def __init__(self, folder: Path, log: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.log = log or self.folder / "log"
        self._socket = self.folder / "s"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL for its clients."""

    @abstractmethod
    def launch(self) -> None:
        """Create what is missing and start the server, without waiting for it."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server takes requests."""

    def advice(self) -> str:
        """The advice if the server ends at its start, as a line of its own."""
        return ""

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Start the server. Raises CannotStart with the end of its log if it does not come up."""
        self.launch()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Raises CannotStart if the server ends, or takes too long."""
        assert self._child is not None
        deadline = time.monotonic() + self.seconds_to_start
        while not self.answers():
            if self._child.poll() is not None:
                raise CannotStart(
                    f"{self.title} ended at its start. The end of {self.log}:\n"
                    f"{self.last_words()}{self.advice()}"
                )
            if time.monotonic() > deadline:
                self.stop()
                raise CannotStart(
                    f"{self.title} was not ready within {self.seconds_to_start:g} s.  "
                    f"The end of {self.log}:\n{self.last_words()}"
                )
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Shut down in order, so that all written data is flushed."""
        if self._child is not None:
            stop(self._child, self.stop_signal, self.seconds_to_stop)
            self._child = None

    def poll(self) -> int | None:
        """The exit status, or None while the server runs."""
        return self._child.poll() if self._child else None

    def last_words(self, lines: int = 5) -> str:
        """The end of the server's log."""
        return last_lines(self.log, lines)
