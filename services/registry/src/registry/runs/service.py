"""Submitting, reading, listing, cancelling and retrying runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.kinds import KINDS
from mergehub.contracts.kinds.kind import Create
from mergehub.contracts.runs import (
    FINAL,
    MAX_ATTEMPTS,
    Run,
    RunState,
    RunSummary,
    SubmittedRun,
)
from mergehub.kit.identity.tokens import Principal, Viewer
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.telemetry.traces import traceparent
from registry.accounts.access import check_may
from registry.accounts.quotas import check_quota
from registry.accounts.service import own
from registry.actor import Actor
from registry.audit.service import audit
from registry.runs import repository
from registry.runs.counts import counts_of
from registry.runs.errors import RunFinished, RunNotFound, SourcePrivate
from registry.runs.kinds import handler_of
from registry.runs.models import RunRow
from registry.runs.moves import announce, move, touch
from registry.runs.naming.near import near_names
from registry.runs.naming.resolve import by_name, owners_of_private
from registry.runs.repository import RunFilter
from registry.runs.schemas import ItemsOfRun, ItemsOfRuns, RunItems, RunPage, Waiting
from registry.runs.sources import Sources, belonging
from registry.runs.workers.service import waits_for
from registry.stored.holding import hold


async def submit(session: AsyncSession, actor: Actor, wanted: Create) -> SubmittedRun:
    """Queue a run and announce it.

    Raises NoAccount, RunQuotaExceeded, StorageQuotaExceeded, ModelGone, and what `belonging` and
    the handler of its kind raise.
    """
    submitter, sources = actor.who, Sources()
    mine, handler = own(submitter), handler_of(wanted.kind)
    spec, products = await handler.spec(session, submitter, wanted, sources)
    sources.take(products.values())
    private_to = await belonging(session, submitter, sources)
    notes = [f"{name} is the model of run {run.id}." for name, run in by_name(products)]
    misspelt = sources.names - {name.lower() for name in products}
    notes += await near_names(session, submitter, misspelt)
    named = await handler.name(session, submitter, private_to, spec, sources)
    owner = private_to or named.owner or mine
    for count in counts_of(wanted.kind):
        await check_quota(session, actor, owner, count)
    push = handler.then_push(wanted)
    run = RunRow(
        owner=owner,
        visibility="private" if private_to else "public",
        sources=sorted(sources.recipes),
        kind=wanted.kind,
        state=RunState.QUEUED,
        hardware=wanted.hardware,
        needs=wanted.needs.model_dump() if wanted.needs else None,
        timeout_seconds=wanted.timeout_seconds or KINDS[wanted.kind].timeout_seconds,
        spec=named.spec.model_dump(mode="json"),
        model_name=named.spec.model_name,
        products={name: str(run.id) for name, run in products.items()},
        push={**push.model_dump(), "run": None} if push else None,
        max_attempts=MAX_ATTEMPTS,
        due_at=func.now(),
        traceparent=traceparent(),
    )
    session.add(run)
    await session.flush()
    await _hold_models(session, run)
    await announce(session, run)
    await audit(session, actor, "run.submitted", f"runs/{run.id}")
    return await _submitted(session, run, *named.notes, *notes)


async def find(session: AsyncSession, run_id: UUID, viewer: Viewer) -> Run:
    """A run by its id. Raises RunNotFound."""
    run = await repository.find(session, run_id, viewer)
    if run is None:
        raise unknown(run_id)
    return Run.model_validate(run)


async def waiting(session: AsyncSession, run_id: UUID, viewer: Viewer) -> Waiting:
    """What a run waits for, as far as the hub knows. Raises RunNotFound."""
    run = await repository.find(session, run_id, viewer)
    if run is None:
        raise unknown(run_id)
    return Waiting(reasons=await _waits(session, run))


async def find_unseen(session: AsyncSession, run_id: UUID) -> Run:
    """A run, without a check of who asks; `check_seen` makes that check.

    Raises RunNotFound.
    """
    run = await session.get(RunRow, run_id)
    if run is None:
        raise unknown(run_id)
    return Run.model_validate(run)


async def check_seen(session: AsyncSession, run: Run, viewer: Viewer) -> None:
    """Raise RunNotFound unless `viewer` may see a run."""
    if await repository.find(session, run.id, viewer) is None:
        raise unknown(run.id)


async def page(
    session: AsyncSession, wanted: RunFilter, viewer: Viewer, asked: PageRequest
) -> RunPage:
    """A page of runs, newest first."""
    before = asked.after(datetime, UUID)
    found = await repository.page(session, wanted, viewer, before, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.created_at, row.id))
    return RunPage(items=[RunSummary.model_validate(row) for row in rows], next_cursor=next_cursor)


async def items(session: AsyncSession, run_id: UUID, benchmark: str, viewer: Viewer) -> RunItems:
    """The item scores of one benchmark of a run. Raises RunNotFound."""
    await find(session, run_id, viewer)
    found = await repository.items(session, run_id, benchmark)
    if found is None:
        raise RunNotFound(f"The run {run_id} has no item scores of the benchmark {benchmark!r}.")
    return RunItems.model_validate(found)


async def items_of_runs(
    session: AsyncSession, wanted: Sequence[tuple[UUID, str]], viewer: Viewer
) -> ItemsOfRuns:
    """The item scores of several benchmarks of runs, without those that are not there."""
    rows = await repository.items_of(session, wanted, viewer)
    return ItemsOfRuns(
        items=[ItemsOfRun(run=row.run_id, benchmark=row.benchmark, items=row.items) for row in rows]
    )


async def cancel(session: AsyncSession, actor: Actor, run_id: UUID) -> Run:
    """Cancel a queued run at once; the worker of a running one learns it at its next heartbeat.

    Raises RunFinished if the run ended in another way, RunNotFound and NotYours.
    """
    run, now = await _locked_by(session, actor.who, run_id)
    if run.state in FINAL and run.state != RunState.CANCELLED:
        raise RunFinished(f"The run has {run.state}, so it cannot be cancelled.")
    if run.state == RunState.QUEUED:
        await move(session, run, RunState.CANCELLED, now)
    elif run.state == RunState.RUNNING and not run.cancel_requested:
        run.cancel_requested = True
        await touch(session, run)
    else:
        return Run.model_validate(run)
    await audit(session, actor, "run.cancelled", f"runs/{run.id}")
    return Run.model_validate(run)


async def retry(session: AsyncSession, actor: Actor, run_id: UUID) -> SubmittedRun:
    """Queue a failed or cancelled run again, with as many attempts as a new one has.

    A worker that still has what the last attempt left on disk continues from it. A queued or
    running run does not change.

    Raises RunFinished, RunNotFound, NotYours, SourcePrivate, ModelGone and the quotas' problems.
    """
    run, now = await _locked_by(session, actor.who, run_id)
    if run.state == RunState.SUCCEEDED:
        raise RunFinished("The run has succeeded. Submit a new run to do its work again.")
    if run.state in FINAL:
        await _check_sources(session, run)
        for count in counts_of(run.kind, again=True):
            await check_quota(session, actor, run.owner, count)
        await _hold_models(session, run)
        run.max_attempts = run.attempt + MAX_ATTEMPTS
        run.cancel_requested = False
        run.traceparent = traceparent()
        await move(session, run, RunState.QUEUED, now)
        await audit(session, actor, "run.retried", f"runs/{run.id}")
    return await _submitted(session, run)


async def _check_sources(session: AsyncSession, run: RunRow) -> None:
    """Raise SourcePrivate if a model that the run uses is private to another account."""
    used = {**run.products, **handler_of(run.kind).uses(run.spec)}
    if used and await owners_of_private(session, used) - {run.private_to}:
        raise SourcePrivate(f"The run {run.id} uses a model that has become private.")


async def _hold_models(session: AsyncSession, run: RunRow) -> None:
    """Keep the models that a run needs, and those that are of use to it. Raises ModelGone."""
    useful = handler_of(run.kind).uses(run.spec)
    await hold(session, run.products.values(), useful.values())


async def _submitted(session: AsyncSession, run: RunRow, *notes: str) -> SubmittedRun:
    """The run as it is now, with `notes` and with what it waits for."""
    submitted = Run.model_validate(run)
    return SubmittedRun(**dict(submitted), notes=[*notes, *await _waits(session, run)])


async def _waits(session: AsyncSession, run: RunRow) -> list[str]:
    """What a run waits for beside its turn; nothing unless it is queued."""
    if run.state != RunState.QUEUED:
        return []
    return await waits_for(session, run.hardware, partial(handler_of(run.kind).unfit, run.spec))


async def locked(session: AsyncSession, run_id: UUID) -> tuple[RunRow, datetime]:
    """A locked run, and the database's time. Raises RunNotFound."""
    found = await repository.lock(session, run_id)
    if found is None:
        raise unknown(run_id)
    return found


async def _locked_by(
    session: AsyncSession, who: Principal, run_id: UUID
) -> tuple[RunRow, datetime]:
    """A run that `who` may change, locked. Raises RunNotFound and NotYours.

    A run that `who` may not see is not locked, and costs as much as none.
    """
    if not await repository.seen(session, [run_id], who):
        raise unknown(run_id)
    run, now = await locked(session, run_id)
    await check_may(session, who, run.owner)
    return run, now


def unknown(run_id: UUID) -> RunNotFound:
    return RunNotFound(f"There is no run {run_id}.")
