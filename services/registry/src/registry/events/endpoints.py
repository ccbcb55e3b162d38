"""`GET /v1/events`: what the stream may forget, the outbox still knows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from mergehub.contracts.events import EventPage
from mergehub.kit.database import Session
from mergehub.kit.outbox import EventsPruned
from mergehub.kit.pagination import Limit
from mergehub.kit.problems import problem_responses
from registry.events.models import outbox

router = APIRouter(tags=["events"])

After = Annotated[
    int, Query(ge=0, lt=2**63, description="The sequence of the last event already known.")
]


@router.get("/v1/events", responses=problem_responses(EventsPruned))
async def list_events(session: Session, after: After = 0, limit: Limit = 100) -> EventPage:
    """The registry's events behind `after`, oldest first and without a gap.

    Those older than `MERGEHUB_EVENTS_DAYS` may be gone: 410, with the way on in `Link`.
    """
    found = await outbox.after(session, after, limit + 1)
    items = found[:limit]
    return EventPage(
        items=items,
        next_after=items[-1].sequence if items else after,
        has_more=len(found) > limit,
    )
