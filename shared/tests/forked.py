"""Starts a program many times for the price of one import.

`forked("registry")` is `python -m registry`, but a fork of a process that has imported it: with a
process id, an environment and an exit status of its own. What a module reads from the environment
while it is imported is that of the first start.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path


def forked(module: str, env: Mapping[str, str], *arguments: str, out: Path | None = None) -> Forked:
    """Start `python -m module` in an environment; its output goes to files in the folder `out`."""
    parent = _imported(module)
    start = {"env": dict(env), "arguments": arguments, "out": out and str(out)}
    return Forked(parent, parent.ask(**start))


class Forked:
    """A running program, used as `asyncio.subprocess.Process` is."""

    def __init__(self, parent: _Imported, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._parent = parent

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Returns the exit status, or the negative number of the signal that ended it."""
        if self.returncode is None:
            await _ended(self.pid)
            self.returncode = self._parent.ask(status_of=self.pid)
        return self.returncode


async def _ended(pid: int) -> None:
    descriptor, ended = os.pidfd_open(pid), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


class _Imported:
    """A process that has imported a program; it forks when it is asked to."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.communicate)

    def ask(self, **what: object) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


_imported = cache(_Imported)


def _serve(module: str) -> None:
    """Answer the questions of `ask`; in a fork, run the program."""
    sys.path.pop(0)  # the folder of this file
    import_module(f"{module}.__main__")
    del sys.modules[f"{module}.__main__"]  # each fork runs it
    for line in sys.stdin:
        asked = json.loads(line)
        if "status_of" in asked:
            _, status = os.waitpid(asked["status_of"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        elif pid := os.fork():
            print(pid, flush=True)
        else:
            _become(module, **asked)


def _become(module: str, env: Mapping[str, str], arguments: Sequence[str], out: str | None) -> None:
    """Run the program as the interpreter would, and end with it."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    for number, name in enumerate(("stdout", "stderr"), 1) if out else ():
        os.dup2(os.open(f"{out}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    _serve(sys.argv[1])
