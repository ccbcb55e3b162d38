"""Following the feed: waiting for the next events, or reading a stream without end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable

from mergehub.contracts.events import EventPage
from mergehub.kit.background.resources import Resources
from mergehub.kit.events.outbox import CHANNEL, NUMBERED
from mergehub.kit.http.follow import HEARTBEAT, changed, event_frame, revisions
from mergehub.kit.single_flight import SingleFlight
from registry.events.models import outbox

TOLD = outbox.source + NUMBERED
BATCH = 100


class Feed:
    """The feed for all followers in one process: those at the same place share one query."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._looks = SingleFlight[tuple[int, int], EventPage](fresh=True)
        resources.closing.push_async_callback(self._looks.close)

    async def after(self, sequence: int, limit: int) -> EventPage:
        """The events after `sequence` that exist now. Raises EventsPruned."""
        return await self._looks((sequence, limit), lambda: self._look(sequence, limit))

    async def next(self, sequence: int, limit: int, seconds: float) -> EventPage:
        """The events after `sequence`, as soon as there are any; none after `seconds`."""
        with self._resources.signals.subscribe(CHANNEL, TOLD) as woken:
            return await changed(lambda: self.after(sequence, limit), woken, sequence, seconds)

    async def frames(self, sequence: int) -> AsyncIterator[str]:
        """Frames of the events after `sequence`, without end; each frame's id is the sequence."""
        reached = sequence

        def look_on() -> Awaitable[EventPage]:
            return self.after(reached, BATCH)

        with self._resources.signals.subscribe(CHANNEL, TOLD) as woken:
            async for page, new in revisions(look_on, woken, sequence):
                for event in page.items:
                    yield event_frame(event.type, event.sequence, event.model_dump_json())
                if not new:
                    yield HEARTBEAT
                reached = page.next_after
                if page.has_more:
                    woken.set()

    async def _look(self, after: int, limit: int) -> EventPage:
        async with self._resources.database.reading() as session:
            items, has_more = await outbox.after(session, after, limit)
        return EventPage(
            items=items,
            next_after=items[-1].sequence if items else after,
            has_more=has_more,
        )
