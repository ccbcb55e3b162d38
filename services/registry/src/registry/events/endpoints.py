"""`GET /v1/events`: the events of the outbox, which keeps them longer than the stream."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from mergehub.contracts.events import Envelope, EventPage
from mergehub.kit.events.outbox import EventsPruned
from mergehub.kit.http.follow import LONGEST_WAIT_SECONDS, LastEventId, event_stream, streamed
from mergehub.kit.http.pagination import Limit, link_next
from mergehub.kit.http.routes import Router
from mergehub.kit.problems.problem import problem_responses
from registry.events.follow import Feed

router = Router(tags=["events"])

After = Annotated[
    int, Query(ge=0, lt=2**63, description="The sequence of the last event that you have.")
]
Wait = Annotated[
    int,
    Query(
        ge=0,
        le=LONGEST_WAIT_SECONDS,
        description="How many seconds to wait for an event if there is none yet.",
    ),
]


@router.get("/v1/events", summary="List events", responses=problem_responses(EventsPruned))
async def list_events(
    request: Request, response: Response, after: After = 0, limit: Limit = 100, wait: Wait = 0
) -> EventPage:
    """The registry's events after `after`, oldest first and without a gap; `Link` has the rest.

    If events older than `MERGEHUB_EVENTS_DAYS` are gone: 410, and `Link` says where to continue.
    """
    feed: Feed = request.app.state.feed
    page = await (feed.next(after, limit, wait) if wait else feed.after(after, limit))
    link_next(request, response, page.next_after if page.has_more else None, "after")
    return page


@router.get(
    "/v1/events/stream",
    summary="Follow all events live",
    response_class=Response,
    responses=streamed(Envelope) | problem_responses(EventsPruned),
)
async def follow_events(
    request: Request, after: After = 0, last_event_id: LastEventId = None
) -> Response:
    """Follow the feed live: the stream sends each event under its type, with its sequence as id.

    The stream starts after `Last-Event-ID`, or else after `after`, and does not end.
    """
    feed: Feed = request.app.state.feed
    begin = int(last_event_id or after)
    await feed.after(begin, 1)
    return event_stream(feed.frames(begin))
