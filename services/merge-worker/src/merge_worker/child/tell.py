"""Sends the child's messages as JSON lines on a pipe of its own, with progress at intervals."""

from __future__ import annotations

import os
import sys
import time
from typing import BinaryIO

from mergehub.contracts.runs import RunProgress

from .logs import log_event
from .messages import Message, Progress, Warned
from .usage import usage

PAUSE_SECONDS = 0.2


class StopRequested(Exception):
    """The worker wants its slot back; the work so far is on disk."""


class Tell:
    """Sends progress, and after a request to stop ends the work at the next progress message."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._started = time.monotonic()
        self._stage = ""
        self._last = 0.0
        self._stop = False

    def stop(self, *_: object) -> None:
        """A signal handler: the next call of `progress` raises StopRequested."""
        self._stop = True

    def progress(
        self,
        stage: str,
        done: int,
        total: int,
        unit: str,
        bytes_done: int = 0,
        bytes_total: int = 0,
    ) -> None:
        """Report progress at a new stage, at its end, and every PAUSE_SECONDS in between."""
        if self._stop:
            raise StopRequested
        now = time.monotonic()
        if stage == self._stage and done != total and now - self._last < PAUSE_SECONDS:
            return
        if stage != self._stage:
            log_event("child.stage", stage=stage)
        self._stage, self._last = stage, now
        progress = RunProgress(
            stage=stage, done=done, total=total, unit=unit, bytes_done=bytes_done,
            bytes_total=bytes_total, seconds=now - self._started,
        )  # fmt: skip
        self.send(Progress(progress=progress, usage=usage()))

    def warn(self, said: str) -> None:
        """Report at once what is not done as asked."""
        self.send(Warned(said=said))

    def send(self, message: Message) -> None:
        self._pipe.write(message.model_dump_json().encode() + b"\n")
        self._pipe.flush()


def take_standard_output() -> BinaryIO:
    """Return the pipe that was standard output; from now on libraries print to the log."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return pipe
