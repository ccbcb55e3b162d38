"""The worker's hold on a child process: start, listen, ask to stop, kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

from merge_worker.work.messages import MESSAGE, Job, Message
from mergehub.contracts.runs import RunError

from .memory_kills import memory_kills

LONGEST_MESSAGE = 64 << 20  # bytes; a result carries the score of every item
LOG = "child.log"
LAST_LINES = 20
LONGEST_LINE = 500
TAIL = 16 << 10  # bytes of the log that are looked at


class ChildProcess:
    """One running child; its log is a file in the run's scratch folder."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, kills: int | None) -> None:
        self._process = process
        self._log = log
        self._kills = kills

    @classmethod
    async def start(cls, job: Job) -> Self:
        """Raises OSError where there is no process, or no place for its log, to be had."""
        job.scratch_folder.mkdir(parents=True, exist_ok=True)
        path, kills = job.scratch_folder / LOG, memory_kills()
        with path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "merge_worker.execution.child",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LONGEST_MESSAGE,
                process_group=0,  # Ctrl-C is for the worker alone
            )  # fmt: skip
        child = cls(process, path, kills)
        await child._hand_over(job)
        return child

    async def messages(self) -> AsyncIterator[Message]:
        """What the child says, until its pipe closes."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.endswith(b"\n"):  # a line without an end was cut off by a kill
                yield MESSAGE.validate_json(line)

    async def wait(self) -> int:
        """The exit status; negative: the signal that ended it."""
        return await self._process.wait()

    def ask_to_stop(self) -> None:
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)

    async def kill(self) -> None:
        """End the child and all that it started; nothing happens where it has ended already."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def unexpected_end(self) -> RunError:
        """What to report of it where it ended without a last word."""
        status = await self.wait()
        return unexpected_end(status, status == -signal.SIGKILL and memory_kills() != self._kills)

    def last_lines(self) -> list[str]:
        """The end of the log: what the child or a library said last."""
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - TAIL))
            text = log.read().decode(errors="replace")
        return [line[:LONGEST_LINE] for line in text.splitlines()[-LAST_LINES:]]

    async def _hand_over(self, job: Job) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(job.model_dump_json().encode())
        stdin.close()


def unexpected_end(status: int, for_memory: bool) -> RunError:
    """What to report of a child that ended without a last word.

    `status` is negative where a signal ended it; `for_memory` says that the kernel has just killed
    a process because memory ran out.
    """
    if for_memory:
        return RunError(
            code="out-of-memory",
            message="The kernel killed the process because memory ran out; "
            "another attempt goes on where this one ended.",
            retryable=True,
        )
    if status == -signal.SIGKILL:
        return RunError(
            code="child-killed",
            message="Somebody killed the process, and not for want of memory; "
            "another attempt goes on where this one ended.",
            retryable=True,
        )
    how = f"by {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"
    return RunError(
        code="child-crashed",
        message=f"The process ended {how} without a result; its last lines tell more.",
        retryable=True,
    )
