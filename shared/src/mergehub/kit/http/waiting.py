"""Requests that wait for a change, which a process that ends answers at once.

uvicorn lets open requests finish before it ends. One that may wait half a minute would hold that
up, or be cut off without an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_waiting: set[asyncio.Event] = set()


@contextmanager
def end_of_process() -> Iterator[asyncio.Event]:
    """An event that is set when the process begins to end, for as long as a request waits."""
    ending = asyncio.Event()
    _waiting.add(ending)
    try:
        yield ending
    finally:
        _waiting.discard(ending)


def begin_to_end() -> None:
    """Let all waiting requests of this process go."""
    for ending in _waiting:
        ending.set()


async def first_of(awaited: Iterable[Awaitable[Any]], seconds: float) -> None:
    """Return once one of them is done, or after `seconds`; the others are cancelled."""
    tasks = [asyncio.ensure_future(each) for each in awaited]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in tasks:
            each.cancel()
