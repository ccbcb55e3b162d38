"""What a companion does as a program: it answers one question after another.

Its memory is limited, and it ends when nobody has asked for a while, or when the service ends.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from mergehub.kit.background.apart import give_way

HEAD = struct.Struct(">I")
"""Before each question and each answer: its length."""
LONGEST = 64 << 20
MEMORY = 256 << 20
IDLE_SECONDS = 60


def answer_all(answer: Callable[[bytes], bytes]) -> None:
    """Answer the questions of standard input; an empty answer in advance says that it can."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the service ends it
    give_way(0)  # a request waits for it
    with suppress(OSError, ValueError):  # a lower limit is there already
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    try:
        _say(b"")
        while (question := _heard(sys.stdin.buffer)) is not None:
            _say(answer(question))
    except BrokenPipeError:
        os._exit(1)  # nobody reads what Python would still write


def _say(answer: bytes) -> None:
    sys.stdout.buffer.write(HEAD.pack(len(answer)))
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def _heard(questions: IO[bytes]) -> bytes | None:
    """The next question; None if there are no more."""
    signal.alarm(IDLE_SECONDS)  # nothing handles it, so it ends the process
    head = questions.read(HEAD.size)
    signal.alarm(0)
    if len(head) < HEAD.size:
        return None
    (length,) = HEAD.unpack(head)
    question = questions.read(length)
    return question if len(question) == length else None
