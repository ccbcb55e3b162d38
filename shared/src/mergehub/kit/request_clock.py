"""The clock of the present request, which stops while the request waits on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

limit_of_request: ContextVar[asyncio.Timeout | None] = ContextVar("limit", default=None)


@contextmanager
def unhurried() -> Iterator[None]:
    """Stop the clock of the present request while it waits on purpose, as for a change."""
    limit, clock = limit_of_request.get(), asyncio.get_running_loop().time
    end = limit.when() if limit is not None and not limit.expired() else None
    if limit is None or end is None:
        yield
        return
    left = end - clock()
    limit.reschedule(None)
    try:
        yield
    finally:
        limit.reschedule(clock() + left)
