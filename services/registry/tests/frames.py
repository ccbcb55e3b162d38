"""Server-sent events as a client reads them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

Frames = AsyncIterator[dict[str, Any]]


async def frames_of(answer: httpx.Response) -> Frames:
    """The fields of each frame; a comment is the field ''."""
    frame: dict[str, Any] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            frame[name] = json.loads(value) if name == "data" else value
        else:
            yield frame
            frame = {}
