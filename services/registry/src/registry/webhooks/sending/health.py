"""The health of endpoints: failing, paused, and disabled after too many failures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import and_, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from registry.actor import SYSTEM
from registry.webhooks import service
from registry.webhooks.models import EndpointRow
from registry.webhooks.sending.settle import Outcome

FAILING_HOURS = 72  # a delivery's ten attempts span 75 hours and a half

_FAILED = text("""
UPDATE webhook_endpoints AS endpoint
SET failing_since = coalesce(failing_since, now()),
    paused_until = greatest(paused_until, now() + make_interval(secs => failed.rest))
FROM unnest(CAST(:ids AS uuid[]), CAST(:rests AS float8[])) AS failed (id, rest)
WHERE endpoint.id = failed.id
""")


async def note(session: AsyncSession, outcomes: Sequence[Outcome]) -> None:
    """Record the health of the endpoints of `outcomes`; disable those that fail too long."""
    rests: dict[UUID, float] = defaultdict(float)
    for each in outcomes:
        if each.verdict.state != "delivered":
            rests[each.claimed.endpoint] = max(rests[each.claimed.endpoint], each.verdict.rest)
    well = {o.claimed.endpoint for o in outcomes if o.verdict.state == "delivered"}
    await _lock(session, rests, well)
    if rests:
        values = {"ids": list(rests), "rests": list(rests.values())}
        await session.execute(_FAILED, values)
    if well:
        await session.execute(
            update(EndpointRow)
            .where(EndpointRow.id.in_(well), EndpointRow.failing_since.is_not(None))
            .values(failing_since=None)
            .execution_options(synchronize_session=False)
        )


async def give_up(session: AsyncSession, outcomes: Sequence[Outcome]) -> None:
    """Disable endpoints that are gone, and those that accepted nothing in all ten attempts."""
    gone = {each.claimed.endpoint for each in outcomes if each.verdict.gone}
    spent = {each.claimed.endpoint for each in outcomes if each.verdict.state == "failed"}
    for endpoint in sorted(gone):
        await service.disable(session, SYSTEM, endpoint, "gone")
    for endpoint in await _failing_for_long(session, spent - gone):
        await service.disable(session, SYSTEM, endpoint, "failing")


async def _failing_for_long(session: AsyncSession, endpoints: Iterable[UUID]) -> Sequence[UUID]:
    long_ago = func.now() - func.make_interval(0, 0, 0, 0, FAILING_HOURS)
    query = select(EndpointRow.id).where(
        EndpointRow.id.in_(list(endpoints)), EndpointRow.failing_since < long_ago
    )
    return (await session.scalars(query.order_by(EndpointRow.id))).all()


async def _lock(session: AsyncSession, failed: Iterable[UUID], well: Iterable[UUID]) -> None:
    """Lock endpoints in one order, before any delivery, so that nothing can deadlock."""
    recovered = and_(EndpointRow.id.in_(list(well)), EndpointRow.failing_since.is_not(None))
    query = select(EndpointRow.id).where(or_(EndpointRow.id.in_(list(failed)), recovered))
    await session.execute(query.order_by(EndpointRow.id).with_for_update(key_share=True))
