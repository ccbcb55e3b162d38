"""Queries on runs. The time is the database's, so replicas agree on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Row, Text, case, cast, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from mergehub.contracts.runs import RunState, RunSummary
from mergehub.kit.identity.tokens import Viewer
from registry.accounts.access import readable
from registry.recipes.models import VersionRow
from registry.runs.models import ItemsRow, RunRow

RING_AGAIN = timedelta(seconds=5)
GRACE = timedelta(seconds=60)
LONGEST_MESSAGE = 300  # characters of an error in a list

# A recipe or a result may be a quarter of a megabyte; a list loads neither.
_MESSAGE = RunRow.error["message"].astext
_ERROR = func.jsonb_build_object(
    "code",
    RunRow.error["code"].astext,
    "message",
    case(
        (
            func.char_length(_MESSAGE) > LONGEST_MESSAGE,
            func.left(_MESSAGE, LONGEST_MESSAGE - 1).concat("…"),
        ),
        else_=_MESSAGE,
    ),
)
_DIGESTS = (RunRow.result[name].astext for name in ("output_digest", "model_digest"))
_SUMMARY = (
    *(getattr(RunRow, name) for name in RunSummary.model_fields if name not in ("digest", "error")),
    func.coalesce(*_DIGESTS).label("digest"),
    case((RunRow.error.is_not(None), _ERROR)).cast(JSONB).label("error"),
)

RunAndTime = tuple[RunRow, datetime]


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list; None leaves out a condition."""

    owner: str | None = None
    state: RunState | None = None
    kind: str | None = None
    model: str | None = None
    recipe: UUID | None = None


async def find(session: AsyncSession, run_id: UUID, viewer: Viewer) -> RunRow | None:
    """A run that `viewer` may see."""
    return await session.scalar(select(RunRow).where(RunRow.id == run_id, seen_by(viewer)))


async def find_all(session: AsyncSession, run_ids: Iterable[UUID]) -> dict[UUID, RunRow]:
    """The runs among these that exist, by their ids."""
    rows = await session.scalars(select(RunRow).where(RunRow.id.in_(list(run_ids))))
    return {row.id: row for row in rows}


async def seen(session: AsyncSession, run_ids: Iterable[UUID], viewer: Viewer) -> set[UUID]:
    """The ids of the runs among these that `viewer` may see."""
    query = select(RunRow.id).where(RunRow.id.in_(list(run_ids)), seen_by(viewer))
    return set(await session.scalars(query))


async def waiting(session: AsyncSession, run_ids: Iterable[UUID]) -> Sequence[RunRow]:
    """The runs among these that are queued; only the columns that ringing needs are loaded."""
    needed = (RunRow.hardware, RunRow.fence, RunRow.created_at, RunRow.due_at)
    columns = load_only(*needed, raiseload=True)
    query = select(RunRow).options(columns)
    queued = query.where(RunRow.id.in_(list(run_ids)), RunRow.state == RunState.QUEUED)
    return (await session.scalars(queued)).all()


async def lock(session: AsyncSession, run_id: UUID) -> RunAndTime | None:
    """A run that no other transaction can change until this one ends, and the time."""
    query = _with_time().where(RunRow.id == run_id).with_for_update()
    return next(iter(await _pairs(session, query)), None)


async def page(
    session: AsyncSession,
    wanted: RunFilter,
    viewer: Viewer,
    before: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """The columns that lists show of runs that `viewer` may see, newest first."""
    query = select(*_SUMMARY).order_by(RunRow.created_at.desc(), RunRow.id.desc())
    query = query.where(seen_by(viewer))
    if wanted.owner is not None:
        query = query.where(RunRow.owner == wanted.owner)
    if wanted.state is not None:
        query = query.where(RunRow.state == wanted.state)
    if wanted.kind is not None:
        query = query.where(RunRow.kind == wanted.kind)
    if wanted.model is not None:
        query = query.where(func.lower(RunRow.model_name) == func.lower(wanted.model))
    if wanted.recipe is not None:
        query = query.where(*_of_recipe(wanted.recipe))
    if before is not None:
        query = query.where(tuple_(RunRow.created_at, RunRow.id) < before)
    return (await session.execute(query.limit(limit))).all()


def _of_recipe(recipe_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Whether a run names a version of a recipe; the index on `sources` finds those that may."""
    versions = select(cast(VersionRow.id, Text)).where(VersionRow.recipe_id == recipe_id)
    named = RunRow.spec["recipe_version"].astext.in_(versions)
    return RunRow.sources.contains([recipe_id]), named


async def items(session: AsyncSession, run_id: UUID, benchmark: str) -> ItemsRow | None:
    return await session.get(ItemsRow, (run_id, benchmark))


async def items_of(
    session: AsyncSession, wanted: Sequence[tuple[UUID, str]], viewer: Viewer
) -> Sequence[ItemsRow]:
    """The item scores of benchmarks of runs that `viewer` may see."""
    query = select(ItemsRow).join(RunRow, RunRow.id == ItemsRow.run_id).where(seen_by(viewer))
    query = query.where(tuple_(ItemsRow.run_id, ItemsRow.benchmark).in_(wanted))
    return (await session.scalars(query)).all()


async def lock_lapsed(session: AsyncSession, limit: int) -> list[RunAndTime]:
    """Running runs whose lease has ended, except those that another transaction has locked."""
    query = (
        _with_time()
        .where(RunRow.state == RunState.RUNNING, RunRow.lease_expires_at < func.now())
        .order_by(RunRow.lease_expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return await _pairs(session, query)


async def lock_overdue(session: AsyncSession, limit: int) -> list[RunAndTime]:
    """Attempts that overran their time by more than their worker needs to end them."""
    seconds = func.make_interval(0, 0, 0, 0, 0, 0, RunRow.timeout_seconds)
    query = (
        _with_time()
        .where(RunRow.state == RunState.RUNNING, RunRow.claimed_at + seconds < func.now() - GRACE)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return await _pairs(session, query)


async def depths(session: AsyncSession) -> Sequence[Row[str, int, int, int]]:
    """For each class of hardware with unfinished runs: how many are due, due later, and running."""
    queued, due = RunRow.state == RunState.QUEUED, RunRow.due_at <= func.now()
    query = (
        select(
            RunRow.hardware,
            func.count().filter(queued, due),
            func.count().filter(queued, ~due),
            func.count().filter(RunRow.state == RunState.RUNNING),
        )
        .where(RunRow.state.in_((RunState.QUEUED, RunState.RUNNING)))
        .group_by(RunRow.hardware)
    )
    return (await session.execute(query)).all()


async def lock_due(session: AsyncSession, limit: int) -> list[RunAndTime]:
    """Due runs that no worker claimed, except those that another transaction has locked."""
    query = (
        _with_time()
        .where(RunRow.state == RunState.QUEUED, RunRow.due_at <= func.now() - RING_AGAIN)
        .order_by(RunRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return await _pairs(session, query)


def seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """Whether `viewer` may see a run."""
    return readable(viewer, RunRow.owner, RunRow.visibility)


def _with_time() -> Any:
    return select(RunRow, func.now())


async def _pairs(session: AsyncSession, query: Executable) -> list[RunAndTime]:
    return [(run, now) for run, now in await session.execute(query)]
