"""Starts programs many times for the price of one import.

`forked("registry", env)` is `python -m registry`, but a fork of a process that has imported it: a
process of its own, with an environment, a group and an exit status of its own. What a module reads
from the environment while it is imported is that of this process.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import runpy
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from mergehub.parent_death import die_with_parent

SECONDS_TO_STOP = 10.0


def forked(
    module: str,
    env: Mapping[str, str],
    *arguments: str,
    out: Path | None = None,
    err: Path | None = None,
    imports: Sequence[str] = (),
) -> Forked:
    """Start `python -m module`; its output is added to files, or goes where this process's goes.

    `imports` are more modules that it will import.
    """
    streams = {number: str(file) for number, file in ((1, out), (2, err)) if file}
    return Forked(
        _parent().ask(
            module=module,
            imports=[f"{module}.__main__", *imports],
            env=dict(env),
            arguments=arguments,
            streams=streams,
        )
    )


class Forked:
    """A running program."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """The exit status, or the negative number of the signal that ended it; None if it runs."""
        return self.join(0)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def join(self, seconds: float) -> int | None:
        """Wait for its end, for so long at most; returns what `poll` does."""
        if self.returncode is None and select.select([self._ended], [], [], seconds)[0]:
            self.returncode = _parent().ask(status_of=self.pid)
            os.close(self._ended)
        return self.returncode

    async def wait(self) -> int:
        """Wait for its end; returns what `poll` does."""
        if self.poll() is None:
            loop, ended = asyncio.get_running_loop(), asyncio.Event()
            loop.add_reader(self._ended, ended.set)
            try:
                await ended.wait()
            finally:
                loop.remove_reader(self._ended)
        status = self.poll()
        assert status is not None
        return status


@dataclass
class ForkedProgram:
    """A part for a supervisor, as `Program` is, that runs `python -m module`."""

    name: str
    module: str
    arguments: Sequence[str]
    env: Mapping[str, str]
    log: Path
    imports: Sequence[str] = ()
    _child: Forked | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def launch(self) -> None:
        self._child = forked(
            self.module, os.environ | dict(self.env), *self.arguments,
            out=self.log, err=self.log, imports=self.imports,
        )  # fmt: skip

    def poll(self) -> int | None:
        return self._child.poll() if self._child else None

    def stop(self) -> None:
        """Ask it to end, and kill its whole group if it still runs after a while."""
        if self._child is not None:
            self._child.terminate()
            if self._child.join(SECONDS_TO_STOP) is None:
                os.killpg(self._child.pid, signal.SIGKILL)
                self._child.join(SECONDS_TO_STOP)
            self._child = None


class _Parent:
    """The process that imports and forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self._process.communicate)

    def ask(self, **what: object) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


_parent = cache(_Parent)


def _answer() -> None:
    """Answer the questions of `ask`; in a fork, run the program."""
    sys.path.pop(0)  # the folder of this file
    for line in sys.stdin:
        asked = json.loads(line)
        if "status_of" in asked:
            _, status = os.waitpid(asked["status_of"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        for name in asked.pop("imports"):
            import_module(name)
        sys.modules.pop(f"{asked['module']}.__main__")  # each fork runs it
        if pid := os.fork():
            print(pid, flush=True)
        else:
            _become(**asked)


def _become(
    module: str, env: Mapping[str, str], arguments: Sequence[str], streams: Mapping[str, str]
) -> None:
    """Run the program as the interpreter would, and end with it."""
    die_with_parent(signal.SIGTERM)
    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    for number, file in streams.items():
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), int(number))
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    _answer()
