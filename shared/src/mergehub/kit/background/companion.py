"""A process beside a service that takes over pure work, so that the service uses two processors.

The service never depends on it: it can do the work itself, and does so if the process is not there,
has ended, or does not answer.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import deque
from contextlib import suppress
from time import monotonic

import structlog

from mergehub.kit.background.answering import HEAD, LONGEST
from mergehub.kit.background.apart import Failed

SILENCE_SECONDS = 5.0
"""A process that answers nothing for so long is given up."""
PAUSE_SECONDS = 30.0
"""After a failure, it is not started for so long."""
BUFFER = 1 << 20

log = structlog.get_logger()


class Companion:
    """A module that runs `answer_all` as a program; it is started when it is first wanted."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: asyncio.subprocess.Process | None = None
        self._running: asyncio.Task[None] | None = None
        self._ready = False
        self._fault: str | None = None
        self._not_before = 0.0
        self._waiting: deque[asyncio.Future[bytes | None]] = deque()
        self._answers = 0

    def ready(self) -> bool:
        """Whether it can be asked now. If it does not run, it is started for later questions."""
        if self._running is None and monotonic() >= self._not_before:
            self._running = asyncio.create_task(self._run())
        return self._ready

    async def ask(self, question: bytes) -> bytes:
        """Its answer; questions may be asked before others are answered. Raises Failed."""
        if not self._ready or self._process is None or self._process.stdin is None:
            raise Failed("The process does not run.")
        if len(question) > LONGEST:
            raise Failed("The question is too long.")
        coming = asyncio.get_running_loop().create_future()
        self._waiting.append(coming)
        self._process.stdin.writelines((HEAD.pack(len(question)), question))
        return await self._answer(coming)

    def give_up(self, why: str) -> None:
        """End the process, since it does not do what it should. Another one is started later."""
        self._ready, self._fault = False, self._fault or why
        if self._process is not None:
            _kill(self._process)

    async def close(self) -> None:
        """End the process."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _answer(self, coming: asyncio.Future[bytes | None]) -> bytes:
        while not coming.done():
            before = self._answers
            await asyncio.wait([coming], timeout=SILENCE_SECONDS)
            if self._answers == before and not coming.done():
                self.give_up(f"It answered nothing for {SILENCE_SECONDS:g} s.")
                break
        answer = coming.result() if coming.done() else None
        if answer is None:
            raise Failed("The process did not answer.")
        return answer

    async def _run(self) -> None:
        """Start the process, and take in its answers until it ends."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self._module, stdin=PIPE, stdout=PIPE, limit=BUFFER
            )
            try:
                await self._listen(self._process)
            finally:
                _kill(self._process)
                await self._process.wait()
        except OSError as error:
            self.give_up(f"It cannot be started: {error}")
        finally:
            self._ended()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while (answer := await _read(process.stdout)) is not None:
                if self._ready:
                    self._answers += 1
                    self._waiting.popleft().set_result(answer)
                self._ready = True
            self.give_up("It answers too much.")
        except IndexError:
            self.give_up("It answers what it was not asked.")
        except asyncio.IncompleteReadError:
            if self._waiting or not self._ready:  # else, it was idle
                self.give_up("It ended.")

    def _ended(self) -> None:
        if self._fault is not None:
            log.warning("companion.failed", module=self._module, why=self._fault)
            self._not_before = monotonic() + PAUSE_SECONDS
        self._ready, self._fault, self._process, self._running = False, None, None, None
        while self._waiting:
            self._waiting.popleft().set_result(None)


async def _read(answers: asyncio.StreamReader) -> bytes | None:
    """The next answer; None if it is too long. Raises IncompleteReadError at the end."""
    (length,) = HEAD.unpack(await answers.readexactly(HEAD.size))
    return await answers.readexactly(length) if length <= LONGEST else None


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):  # it has ended
        process.kill()
