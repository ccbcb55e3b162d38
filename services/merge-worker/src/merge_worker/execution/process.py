"""The worker's control of a child process: start, messages, last lines, stop, kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

from merge_worker.child.logs import readable
from merge_worker.child.messages import MESSAGE, Job, Message
from mergehub.contracts.runs import RunError

from .memory_kills import memory_kills

LONGEST_MESSAGE = 64 << 20  # bytes; a result contains the score of every item
LOG = "child.log"
LAST_LINES = 20
LONGEST_LINE = 500
TAIL = 16 << 10  # bytes of the log that are read


class ChildProcess:
    """A running child process; its log is a file in the run's scratch folder."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, kills: int | None) -> None:
        self._process = process
        self._log = log
        self._kills = kills

    @classmethod
    async def start(cls, job: Job) -> Self:
        """Start a child; raises OSError if the process or its log cannot be created."""
        job.scratch_folder.mkdir(parents=True, exist_ok=True)
        path, kills = job.scratch_folder / LOG, memory_kills()
        with path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "merge_worker.execution.child",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LONGEST_MESSAGE,
                process_group=0,  # Ctrl-C must reach only the worker
            )  # fmt: skip
        child = cls(process, path, kills)
        await child._hand_over(job)
        return child

    async def messages(self) -> AsyncIterator[Message]:
        """Yield the child's messages until its pipe closes."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.endswith(b"\n"):  # a kill cut off a line without an end
                yield MESSAGE.validate_json(line)

    async def wait(self) -> int:
        """Wait for the exit status; if it is negative, a signal of that number ended the child."""
        return await self._process.wait()

    def ask_to_stop(self) -> None:
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)

    async def kill(self) -> None:
        """Kill the child and all processes that it started, if it has not ended yet."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def unexpected_end(self) -> RunError:
        """Return how to report that it ended without an outcome."""
        status = await self.wait()
        return unexpected_end(status, status == -signal.SIGKILL and memory_kills() != self._kills)

    def last_lines(self) -> list[str]:
        """The last lines of the log, from the child or a library."""
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - TAIL))
            text = log.read().decode(errors="replace")
        lines = "\n".join(
            line for each in text.splitlines() if (line := readable(each)) is not None
        )
        return [line[:LONGEST_LINE] for line in lines.splitlines()[-LAST_LINES:]]

    async def _hand_over(self, job: Job) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(job.model_dump_json().encode())
        stdin.close()


def unexpected_end(status: int, for_memory: bool) -> RunError:
    """Return how to report a child that ended without an outcome.

    `status` is negative if a signal ended it. `for_memory` says that the kernel has just killed a
    process because memory ran out.
    """
    if for_memory:
        return RunError(
            code="out-of-memory",
            message="The kernel killed the process because memory ran out; "
            "another attempt continues where this one ended.",
            retryable=True,
        )
    if status == -signal.SIGKILL:
        return RunError(
            code="child-killed",
            message="The process was killed, but not because memory ran out; "
            "another attempt continues where this one ended.",
            retryable=True,
        )
    how = f"by {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"
    return RunError(
        code="child-crashed",
        message=f"The process ended {how} without a result; see its last lines.",
        retryable=True,
    )
