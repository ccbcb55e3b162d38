"""Pushes of models: whether any worker may push to a destination, and the run that does it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.destinations import PushTo, is_allowed
from mergehub.contracts.hardware import Hardware
from mergehub.contracts.kinds import KINDS
from mergehub.contracts.kinds.push import PushSpec
from mergehub.contracts.runs import MAX_ATTEMPTS, RunState
from registry.runs.handler import invalid
from registry.runs.models import RunRow
from registry.runs.moves import announce
from registry.runs.workers.service import pushes

NO_GPU: Hardware = "cpu"


async def check_allowed(
    session: AsyncSession, destination: str, hardware: tuple[str, ...], pointer: str
) -> None:
    """Raise RunInvalid if workers of these classes are there and none may push to a destination.

    Without such a worker it is not known yet; then the run waits for one that may.
    """
    lists = [each for one in hardware for each in await pushes(session, one)]
    if not lists or any(is_allowed(destination, each) for each in lists):
        return
    entries = sorted({entry for each in lists for entry in each})
    where = f"They may push to: {', '.join(entries)}." if entries else "They may push nowhere."
    raise invalid(
        pointer,
        "not-allowed",
        f"No worker of this hub may push to {destination}. {where}",
        "a destination that an operator has added to MERGEHUB_PUSH_ALLOW of a worker",
    )


async def queue_push(session: AsyncSession, merge: RunRow) -> None:
    """Queue the run that pushes the model of a merge, if the merge was submitted with one.

    A worker without a GPU does it, if one may; else a worker like the one that merged.
    """
    if merge.push is None:
        return
    wanted = PushTo.model_validate({name: merge.push[name] for name in PushTo.model_fields})
    free = any(is_allowed(wanted.destination, each) for each in await pushes(session, NO_GPU))
    spec = PushSpec(kind="push", run=merge.id, model_name=merge.model_name, **dict(wanted))
    run = RunRow(
        owner=merge.owner,
        visibility=merge.visibility,
        sources=merge.sources,
        kind=spec.kind,
        state=RunState.QUEUED,
        hardware=NO_GPU if free else merge.hardware,
        timeout_seconds=KINDS[spec.kind].timeout_seconds,
        spec=spec.model_dump(mode="json"),
        model_name=merge.model_name,
        products=products_of(merge.id),
        max_attempts=MAX_ATTEMPTS,
        due_at=func.now(),
        traceparent=merge.traceparent,
    )
    session.add(run)
    await session.flush()
    merge.push = {**merge.push, "run": str(run.id)}
    await announce(session, run)


def products_of(merge: UUID) -> dict[str, str]:
    """What a push of the model of a run may open, by name."""
    return {f"run:{merge}": str(merge)}
