"""Search for a text that a function cannot handle, and keep the shortest one found."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, Phase, given, seed, settings

from .texts import TEXTS

ROUND: Final = 200
"""Texts between two looks at the clock."""
CHECKS: Final = ("fuzz.recipes.judge:check", "fuzz.recipes.judge:check_all")


class Found(AssertionError):
    """A text failed; the message says why and where it is kept."""


class Judge:
    """A process that judges texts, each in a child of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.judged = 0

    def judge(self, text: str) -> str | None:
        """The failure that this text causes, or None."""
        data = text.encode("utf-8", "surrogatepass")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"%d\n%b" % (len(data), data))
        self._process.stdin.flush()
        self.judged += 1
        return json.loads(self._process.stdout.readline())  # type: ignore[no-any-return]


@contextmanager
def judging(function: str) -> Iterator[Judge]:
    """A judge of the function `module:name`."""
    command = [sys.executable, "-m", "fuzz.recipes.judge", function]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        try:
            yield Judge(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def hunt(judge: Judge, start: int, texts: int, folder: Path) -> None:
    """Try a number of texts; the same `start` gives the same texts.

    Raises:
        Found: a text fails; the shortest such text is in `folder`.
    """
    kept = folder / f"found-{start}.yml"

    @seed(start)
    @settings(
        max_examples=texts, deadline=None, database=None, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(TEXTS)
    def each(text: str) -> None:
        if wrong := judge.judge(text):
            kept.write_bytes(text.encode("utf-8", "surrogatepass"))
            raise Found(f"{kept} ({len(text)} characters): {wrong}")

    each()


def hunt_for(minutes: float, start: int, folder: Path) -> Iterator[str]:
    """Hunt with new texts for a time, and yield a line after each round.

    Raises:
        Found: a text fails.
    """
    end = time.monotonic() + 60 * minutes
    for number in range(start, sys.maxsize):
        for function in CHECKS:
            with judging(function) as judge:
                hunt(judge, number, ROUND, folder)
            yield f"seed {number}: {judge.judged} texts for {function} passed"
        if time.monotonic() > end:
            return
