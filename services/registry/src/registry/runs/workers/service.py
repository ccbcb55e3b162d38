"""Registering workers, and listing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.attestation.keys import public_keys
from mergehub.contracts.hardware import SUITABLE, Capacity
from mergehub.contracts.runs import ClaimRequest, RunProgress, RunState
from mergehub.contracts.workers import SILENT_SECONDS, Worker, WorkerBeat, WorkerRun
from mergehub.kit.identity.tokens import Viewer
from mergehub.kit.paging.pages import PageRequest
from registry.runs.models import RunRow
from registry.runs.repository import seen_by
from registry.runs.workers.models import WorkerRow
from registry.runs.workers.schemas import SigningKey, SigningKeys, WorkerPage

SILENT = timedelta(seconds=SILENT_SECONDS)
Unfit = Callable[[ClaimRequest], str | None]
"""Why a worker may not do a run, by the claim that it makes; None if it may."""


async def beat(session: AsyncSession, name: str, told: WorkerBeat) -> None:
    """Record that a worker is alive; one that was silent counts as new."""
    said = {**told.model_dump(mode="json"), "seen_at": func.now()}
    silent = WorkerRow.seen_at < func.now() - SILENT
    anew = ("since", "idle_since")
    again = said | {
        each: case((silent, func.now()), else_=WorkerRow.__table__.c[each]) for each in anew
    }
    row = insert(WorkerRow).values(name=name, **said)
    await session.execute(row.on_conflict_do_update(index_elements=["name"], set_=again))


def signing_keys(text: str | None) -> SigningKeys:
    """The public keys of a setting."""
    keys = {each.id: each.pem for each in (public_keys(text) if text else [])}
    return SigningKeys(
        keys=[SigningKey(id=key, algorithm="ed25519", pem=pem) for key, pem in keys.items()]
    )


async def leave(session: AsyncSession, name: str) -> None:
    """Record that a worker is gone; an unknown name changes nothing."""
    await session.execute(delete(WorkerRow).where(WorkerRow.name == name))


async def page(session: AsyncSession, viewer: Viewer, asked: PageRequest) -> WorkerPage:
    """Workers by name, each with the run that it holds, if `viewer` may see that run."""
    held = (RunRow.worker == WorkerRow.name) & (RunRow.state == RunState.RUNNING.value)
    query = (
        select(WorkerRow, RunRow, func.now())
        .outerjoin(RunRow, held & seen_by(viewer))
        .ext(distinct_on(WorkerRow.name))
        .order_by(WorkerRow.name, RunRow.claimed_at.desc())
        .limit(asked.rows)
    )
    if after := asked.after(str):
        query = query.where(WorkerRow.name > after[0])
    found = (await session.execute(query)).all()
    rows, next_cursor = asked.cut(found, lambda row: (row[0].name,))
    return WorkerPage(items=[_shown(*row) for row in rows], next_cursor=next_cursor)


async def waits_for(session: AsyncSession, hardware: str, unfit: Unfit) -> list[str]:
    """A sentence about what a run for `hardware` waits for; none if it only waits for its turn."""
    there = await _there(session, hardware)
    if not there:
        return [f"No {hardware} worker is registered: the run waits until one registers."]
    reasons = [unfit(_claim(worker)) for worker in there]
    if None in reasons:
        return []
    why = " ".join(dict.fromkeys(each for each in reasons if each))
    return [f"No worker that is registered may take the run: it waits for one that may. {why}"]


async def pushes(session: AsyncSession, hardware: str) -> list[list[str]]:
    """The destinations that each worker that is there allows, of those that suit `hardware`."""
    return [worker.pushes for worker in await _there(session, hardware)]


async def _there(session: AsyncSession, hardware: str) -> Sequence[WorkerRow]:
    """The workers that are alive and suit `hardware`."""
    suits = WorkerRow.hardware.in_(SUITABLE[hardware])
    alive = WorkerRow.seen_at >= func.now() - SILENT
    query = select(WorkerRow).where(suits, alive).order_by(WorkerRow.name)
    return (await session.scalars(query)).all()


def _claim(worker: WorkerRow) -> ClaimRequest:
    """The claim that a worker would make."""
    said = {"worker": worker.name, "hardware": worker.hardware, "pushes": worker.pushes}
    return ClaimRequest.model_validate(said)


async def rest(session: AsyncSession, name: str | None) -> None:
    """Record that a worker no longer holds a run."""
    if name is not None:
        rested = update(WorkerRow).where(WorkerRow.name == name).values(idle_since=func.now())
        await session.execute(rested.execution_options(synchronize_session=False))


def _shown(worker: WorkerRow, run: RunRow | None, now: datetime) -> Worker:
    return Worker(
        name=worker.name,
        hardware=worker.hardware,
        capacity=Capacity.model_validate(worker.capacity),
        version=worker.version,
        alive=worker.seen_at >= now - SILENT,
        since=worker.since,
        idle_since=worker.idle_since,
        seen_at=worker.seen_at,
        run=_held(run) if run else None,
    )


def _held(run: RunRow) -> WorkerRun:
    assert run.claimed_at is not None
    progress = RunProgress.model_validate(run.progress) if run.progress else None
    return WorkerRun(
        id=run.id, kind=run.kind, attempt=run.attempt, since=run.claimed_at, progress=progress
    )
