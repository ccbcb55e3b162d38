"""Waits for a child process of an earlier attempt that still works on the same run."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from .tell import Tell

LOOK_AGAIN_SECONDS = 0.2


def await_earlier(journal: Path, tell: Tell) -> None:
    """Wait while another child process has the journal.

    A worker that was paused beyond its lease kills its child as soon as it wakes up. Until then,
    that child may finish this same work.
    """
    while _is_locked(journal):
        tell.progress("wait for the earlier attempt to end", 0, 0, "")
        time.sleep(LOOK_AGAIN_SECONDS)


def _is_locked(path: Path) -> bool:
    try:
        journal = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False  # there is no journal, or the engine will say what is wrong with it
    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(journal)
    return False
