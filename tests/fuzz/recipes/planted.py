"""Faulty readers of recipes, which prove that the judge notices: texts without an "e" fail."""

from __future__ import annotations

import time
from collections.abc import Callable


def _unless_good(fault: Callable[[], object]) -> Callable[[str], None]:
    def read(text: str) -> None:
        if "e" not in text:
            fault()

    return read


def _recurse() -> None:
    _recurse()


def _work(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


raises = _unless_good(_recurse)
is_slow = _unless_good(lambda: _work(1.2))
never_ends = _unless_good(lambda: _work(1e9))
is_hungry = _unless_good(lambda: b"x" * 250_000_000)
is_starved = _unless_good(lambda: bytearray(2**34))
