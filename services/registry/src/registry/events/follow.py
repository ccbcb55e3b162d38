"""Following the feed: by waiting for the next events, or as a stream without end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable

from mergehub.contracts.events import EventPage
from mergehub.kit.app import Resources
from mergehub.kit.follow import HEARTBEAT, changed, event_frame, revisions
from mergehub.kit.outbox import CHANNEL, NUMBERED
from registry.events.models import outbox

TOLD = outbox.source + NUMBERED
BATCH = 100


async def look(resources: Resources, after: int, limit: int) -> EventPage:
    """The events behind `after` that there are now. Raises EventsPruned."""
    async with resources.database.transaction() as session:
        found = await outbox.after(session, after, limit + 1)
    items = found[:limit]
    return EventPage(
        items=items,
        next_after=items[-1].sequence if items else after,
        has_more=len(found) > limit,
    )


async def next_page(resources: Resources, after: int, limit: int, seconds: float) -> EventPage:
    """The events behind `after`, as soon as there is one; none after `seconds`."""
    with resources.signals.subscribe(CHANNEL, TOLD) as woken:
        return await changed(lambda: look(resources, after, limit), woken, after, seconds)


async def follow(resources: Resources, after: int) -> AsyncIterator[str]:
    """Frames of the events behind `after`, for ever; the id of each is its sequence."""
    reached = after

    def look_on() -> Awaitable[EventPage]:
        return look(resources, reached, BATCH)

    with resources.signals.subscribe(CHANNEL, TOLD) as woken:
        async for page, new in revisions(look_on, woken, after):
            for event in page.items:
                yield event_frame(event.type, event.sequence, event.model_dump_json())
            if not new:
                yield HEARTBEAT
            reached = page.next_after
            if page.has_more:
                woken.set()
