"""Queries on locks and reproductions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, cast, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mergehub.kit.identity.tokens import Viewer
from registry.accounts.access import readable
from registry.recipes.models import RecipeRow, VersionRow
from registry.runs.models import RunRow
from registry.runs.repository import seen_by
from registry.runs.reproductions.models import LockRow, ReproductionRow

_MERGE = aliased(RunRow)


async def lock(session: AsyncSession, run_id: UUID, viewer: Viewer) -> LockRow | None:
    """The lock of a run that `viewer` may see."""
    query = select(LockRow).join(RunRow, RunRow.id == LockRow.run_id)
    return await session.scalar(query.where(LockRow.run_id == run_id, seen_by(viewer)))


async def has_lock(session: AsyncSession, run_id: UUID) -> bool:
    """Whether the lock of a run is known."""
    return bool(await session.scalar(select(exists().where(LockRow.run_id == run_id))))


async def lock_recipe_of(session: AsyncSession, run_id: UUID) -> None:
    """Lock the recipe whose version a run names, until the transaction ends."""
    named = select(cast(RunRow.spec["recipe_version"].astext, Uuid)).where(RunRow.id == run_id)
    of_version = select(VersionRow.recipe_id).where(VersionRow.id == named.scalar_subquery())
    query = select(RecipeRow.id).where(RecipeRow.id == of_version.scalar_subquery())
    await session.execute(query.with_for_update(key_share=True))


async def version(session: AsyncSession, version_id: UUID) -> VersionRow | None:
    return await session.get(VersionRow, version_id)


async def is_counted(session: AsyncSession, recipe_id: UUID, owner: str) -> bool:
    """Whether the recipe's counter has a reproduction of an account."""
    counted = ReproductionRow.recipe_id == recipe_id, ReproductionRow.owner == owner
    query = select(exists().where(*counted, ReproductionRow.counted))
    return bool(await session.scalar(query))


async def count_one(session: AsyncSession, recipe_id: UUID) -> None:
    """Raise the recipe's counter."""
    one_more = update(RecipeRow).where(RecipeRow.id == recipe_id)
    statement = one_more.values(reproductions=RecipeRow.reproductions + 1)
    await session.execute(statement.execution_options(synchronize_session=False))


async def page(
    session: AsyncSession,
    recipe_id: UUID,
    viewer: Viewer,
    before: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Reproductions of a recipe of which `viewer` may see both runs, newest first."""
    seen = seen_by(viewer), readable(viewer, _MERGE.owner, _MERGE.visibility)
    place = ReproductionRow.created_at, ReproductionRow.run_id
    query = (
        select(
            *place,
            ReproductionRow.owner,
            ReproductionRow.merge_id,
            VersionRow.number,
            RunRow.worker,
            RunRow.finished_at,
            RunRow.result,
            RunRow.model_name,
            RunRow.spec["made"].label("made"),
            RunRow.spec["independent"].label("independent"),
            _MERGE.owner.label("merge_owner"),
        )
        .join(RunRow, RunRow.id == ReproductionRow.run_id)
        .join(_MERGE, _MERGE.id == ReproductionRow.merge_id)
        .join(VersionRow, VersionRow.id == ReproductionRow.version_id)
        .where(ReproductionRow.recipe_id == recipe_id, *seen)
    )
    if before is not None:
        query = query.where(tuple_(*place) < before)
    newest = query.order_by(*(each.desc() for each in place))
    return (await session.execute(newest.limit(limit))).all()
