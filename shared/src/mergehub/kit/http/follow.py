"""Follow a thing whose revision grows: by server-sent events, or by long polling.

`mergehub.kit.database.notify` wakes the followers. Each follower reads the thing itself and holds
a database connection only while it reads. A slow follower gets fewer revisions, but always the
last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Header, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from mergehub.kit.database.notify import wait
from mergehub.kit.http.waiting import end_of_process, first_of
from mergehub.kit.request_clock import unhurried

# The longest silence of a stream. The follower then looks without a call, and a comment shows
# proxies that the stream is alive.
QUIET_SECONDS = 15.0
LONGEST_WAIT_SECONDS = 30

EVENT_STREAM = "text/event-stream"
HEARTBEAT = ": still here\n\n"
REVISION = r"^[0-9]{1,18}$"


Responses = dict[int | str, dict[str, Any]]


def streamed(data: type[BaseModel], event: str | None = None) -> Responses:
    """The `responses=` of an endpoint that answers an `event_stream` of `data`.

    `event` is the type of the events, if all have the same.
    """
    content = {"$ref": f"#/components/schemas/{data.__name__}"}
    schema = {
        "type": "object",
        "required": ["id", "event", "data"],
        "properties": {
            "id": {"type": "string", "pattern": REVISION},
            "event": {"const": event} if event else {"type": "string"},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": content,
            },
        },
    }
    return {200: {"content": {EVENT_STREAM: {"schema": schema}}}}


def followed(event: str, data: type[BaseModel]) -> Responses:
    """The same for a stream that ends when the thing that it reports on ends."""
    ended = {"description": "The stream has ended and you have its last event: do not reconnect"}
    return streamed(data, event) | {204: ended}


LastEventId = Annotated[
    str | None,
    Header(pattern=REVISION, description="The `id` of the last event received."),
]
Wait = Annotated[
    int,
    Query(
        ge=0,
        le=LONGEST_WAIT_SECONDS,
        description="With `If-None-Match`: how many seconds to wait for a change before 304.",
    ),
]


class Revisioned(Protocol):
    """The present state of a thing; `revision` grows with each change."""

    @property
    def revision(self) -> int: ...


T = TypeVar("T", bound=Revisioned)
Look = Callable[[], Awaitable[T]]


async def revisions(
    look: Look[T], woken: asyncio.Event, after: int
) -> AsyncIterator[tuple[T, bool]]:
    """The thing each time that it is read, and whether its revision is new, beyond `after`."""
    while True:
        thing = await look()
        yield thing, thing.revision > after
        after = max(after, thing.revision)
        await wait(woken, QUIET_SECONDS)


async def changed(look: Look[T], woken: asyncio.Event, after: int, seconds: float) -> T:
    """The thing once its revision is beyond `after`, or its present state after `seconds`.

    A process that ends does not wait.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    with end_of_process() as ending:
        while True:
            thing = await look()
            left = end - clock()
            if thing.revision > after or left <= 0 or ending.is_set():
                return thing
            with unhurried():
                await first_of((woken.wait(), ending.wait()), min(left, QUIET_SECONDS))
            woken.clear()


def event_frame(event: str, revision: int, data: str) -> str:
    """One event of a stream, its id the revision; `data` is JSON in one line."""
    return f"id: {revision}\nevent: {event}\ndata: {data}\n\n"


def event_stream(frames: AsyncIterator[str]) -> StreamingResponse:
    """The response that sends `frames` as they come, with headers that stop proxies buffering."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(frames, media_type=EVENT_STREAM, headers=headers)
