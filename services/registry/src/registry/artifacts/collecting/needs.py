"""What still needs the model of a run: unfinished runs, and the locks of other models."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.kinds import MAKERS
from mergehub.contracts.runs import RunState
from mergehub.kit.identity.tokens import Viewer
from registry.recipes.models import VersionRow
from registry.runs.models import RunRow
from registry.runs.repository import seen_by
from registry.stored.models import HELD, ArtifactRow

NAMED = 3
"""The most runs that a refusal names."""

UNFINISHED = RunRow.state.in_((RunState.QUEUED, RunState.RUNNING))
_COLUMNS = (RunRow.id, RunRow.state, RunRow.kind, RunRow.created_at)
_PRODUCT = func.jsonb_each_text(RunRow.products).table_valued("key", "value")


def _locked() -> ColumnElement[bool]:
    """Whether a run's lock is still of use: its model is stored, or its recipe is published."""
    own = exists().where(ArtifactRow.run_id == RunRow.id, ArtifactRow.state.in_(HELD))
    version = cast(VersionRow.id, Text) == RunRow.spec["recipe_version"].astext
    made = RunRow.kind.in_(MAKERS), RunRow.state == RunState.SUCCEEDED
    return and_(*made, or_(own.correlate(RunRow), exists().where(version).correlate(RunRow)))


def _users(wanted: Collection[UUID]) -> Select[Any]:
    """The runs that need one of the models, each with the run that made it, as text."""
    texts = [str(run) for run in wanted]
    taken = (
        select(_PRODUCT.c.value.label("used"), *_COLUMNS)
        .select_from(RunRow)
        .join(_PRODUCT, _PRODUCT.c.value.in_(texts))
        .where(or_(UNFINISHED, _locked()))
    )
    named = RunRow.spec["run"].astext
    verified = select(named.label("used"), *_COLUMNS).where(UNFINISHED, named.in_(texts))
    return taken.union_all(verified)  # type: ignore[return-value]


async def needed(session: AsyncSession, wanted: Collection[UUID]) -> set[UUID]:
    """Those of the models of `wanted` runs that something needs."""
    if not wanted:
        return set()
    return {UUID(row.used) for row in await session.execute(_users(wanted))}


async def needing(session: AsyncSession, run_id: UUID, viewer: Viewer) -> list[str]:
    """A sentence for each run that needs the model of a run; private ones are not named."""
    rows = (await session.execute(_users([run_id]))).all()
    ids = {row.id for row in rows}
    seen = set(await session.scalars(select(RunRow.id).where(RunRow.id.in_(ids), seen_by(viewer))))
    known = sorted((row for row in rows if row.id in seen), key=lambda row: row.created_at)
    said = [_said(row) for row in known[:NAMED]]
    if more := len(ids) - len(said):
        said.append(f"{more} more {'run needs' if more == 1 else 'runs need'} it.")
    return said


def _said(row: Any) -> str:
    if row.state == RunState.SUCCEEDED:
        return f"The lock of run {row.id} names it."
    return f"Run {row.id} ({row.kind}) is {row.state} and uses it."
