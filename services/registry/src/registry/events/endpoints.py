"""`GET /v1/events`: what the stream may forget, the outbox still knows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from mergehub.contracts.events import EventPage
from mergehub.kit.database import Session
from mergehub.kit.outbox import EventsPruned
from mergehub.kit.pagination import Limit, link_next
from mergehub.kit.problems import problem_responses
from registry.events.models import outbox

router = APIRouter(tags=["events"])

After = Annotated[
    int, Query(ge=0, lt=2**63, description="The sequence of the last event already known.")
]


@router.get("/v1/events", responses=problem_responses(EventsPruned))
async def list_events(
    request: Request, response: Response, session: Session, after: After = 0, limit: Limit = 100
) -> EventPage:
    """The registry's events behind `after`, oldest first and without a gap; `Link` has the next.

    Those older than `MERGEHUB_EVENTS_DAYS` may be gone: 410, with the way on in `Link`.
    """
    found = await outbox.after(session, after, limit + 1)
    items = found[:limit]
    page = EventPage(
        items=items,
        next_after=items[-1].sequence if items else after,
        has_more=len(found) > limit,
    )
    link_next(request, response, page.next_after if page.has_more else None, "after")
    return page
