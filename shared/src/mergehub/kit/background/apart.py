"""Work in a process of its own, so that answers do not wait for it.

It gives way to all other work of the machine, and its memory goes with it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

NICENESS = 10


class Failed(Exception):
    """The process did not do its work."""


async def run_apart(module: str, asked: bytes = b"", files: Sequence[int] = ()) -> bytes:
    """What a module answers as a program, to what it is asked. Raises Failed, OSError.

    It inherits open `files`; their descriptors are its arguments.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *map(str, files)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        pass_fds=files,
    )
    try:
        answer, said = await process.communicate(asked)
    finally:
        with suppress(ProcessLookupError):  # it has ended
            process.kill()
    if process.returncode:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise Failed(f"The process ended with {process.returncode}: {last}")
    return answer


def give_way(niceness: int = NICENESS) -> None:
    """What such a program does first: let all other work of the machine go before its own.

    If memory runs out, the kernel ends it first.
    """
    os.nice(niceness)
    with suppress(OSError):  # of Linux only
        Path("/proc/self/oom_score_adj").write_text("1000")
