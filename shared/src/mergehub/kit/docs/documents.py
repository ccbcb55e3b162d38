"""The OpenAPI documents of services, as they are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import Any

from mergehub.kit.request_clock import unhurried

_MAKING = Lock()


async def made(openapi: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The document of a service. The first time, it takes seconds of a processor: in a thread."""

    def make() -> dict[str, Any]:
        with _MAKING:
            return openapi()

    with unhurried():
        return await asyncio.to_thread(make)
