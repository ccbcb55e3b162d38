"""A start in which Python does not search for garbage: a program imports much and drops nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_start() -> Iterator[None]:
    """Let the garbage collector rest while the block imports a program.

    Afterwards it passes over all that was imported, which stays until the process ends.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
