"""Judges texts, each in a process of its own with a limit of time and memory.

Run as a program, it reads texts from standard input (a line with the length in bytes, then the
text) and answers each with a line of JSON: what went wrong, or null.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

from mergehub.recipe import RecipeError, canonical, parse_recipes, parse_to_merge
from mergehub.recipe.faults import MAX_FAULTS, MAX_MESSAGES

CPU_SECONDS: Final = 1.0
MEMORY: Final = 200_000_000
_ROOM: Final = 2
"""How many times the limits a text may use before it is stopped."""


def check(text: str) -> None:
    """Do what the hub does with a recipe's text, then read the text as several recipes."""
    try:
        canonical(parse_to_merge(text).recipe)
    except RecipeError as error:
        _short(error)


def _short(error: RecipeError) -> None:
    said = sum(map(len, map(str, error.faults)))
    if not 0 < len(error.faults) <= MAX_FAULTS or said > 2 * MAX_MESSAGES:
        raise ValueError(f"{len(error.faults)} faults in {said} characters")


def check_all(text: str) -> None:
    """Read a text as several recipes."""
    try:
        parse_recipes(text)
    except RecipeError:
        return


def judge(judged: Callable[[str], None], text: str) -> str | None:
    """The failure of a function that reads a text; None if it does not fail."""
    ours, theirs = os.pipe()
    before = _pages(1)
    if (child := os.fork()) == 0:
        _end(theirs, judged, text)
    os.close(theirs)
    with os.fdopen(ours) as said:
        raised = said.read()
    _, status, used = os.wait4(child, 0)
    seconds, memory = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 - before
    if raised:
        return raised
    if os.WIFSIGNALED(status):
        return f"ended by {signal.Signals(os.WTERMSIG(status)).name} after {seconds:.1f} s"
    if seconds > CPU_SECONDS:
        return f"took {seconds:.2f} s of processor time"
    return f"took {memory / 1e6:.0f} MB of memory" if memory > MEMORY else None


def _end(answer: int, judged: Callable[[str], None], text: str) -> None:
    """Judge the text in this process, then end it."""
    resource.setrlimit(resource.RLIMIT_AS, (_pages(0) + _ROOM * MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (int(_ROOM * CPU_SECONDS),) * 2)
    try:
        judged(text)
    except BaseException:
        os.write(answer, traceback.format_exc()[-4000:].encode(errors="replace"))
    os._exit(0)


def _pages(column: int) -> int:
    """A size of this process in bytes: its address space (0), or its resident memory (1)."""
    return int(Path("/proc/self/statm").read_text().split()[column]) * resource.getpagesize()


def main() -> None:
    """Judge texts until there are no more."""
    module, _, name = sys.argv[1].partition(":")
    judged = getattr(import_module(module), name)
    judged("merge_method: linear\nmodels: [{model: a}, {model: b}]\n")
    while length := sys.stdin.buffer.readline():
        text = sys.stdin.buffer.read(int(length)).decode("utf-8", "surrogatepass")
        print(json.dumps(judge(judged, text)), flush=True)


if __name__ == "__main__":
    main()
