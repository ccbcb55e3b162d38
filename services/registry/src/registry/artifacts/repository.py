"""Queries on the models of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from registry.runs.models import RunRow
from registry.runs.repository import seen_by
from registry.stored.models import ArtifactRow, FileRow


@dataclass(frozen=True)
class ArtifactFilter:
    """Which models to list; None leaves out a condition. Deleted ones only with `gone`."""

    run: UUID | None = None
    owner: str | None = None
    model: str | None = None
    recipe: UUID | None = None
    gone: bool = False


async def find(session: AsyncSession, run_id: UUID, viewer: Viewer) -> Row[Any] | None:
    """The model of a run that `viewer` may see."""
    query = _shown().where(ArtifactRow.run_id == run_id, seen_by(viewer))
    found: Row[Any] | None = (await session.execute(query)).first()
    return found


async def page(
    session: AsyncSession,
    wanted: ArtifactFilter,
    viewer: Viewer,
    before: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """The models of runs that `viewer` may see, newest first."""
    place = ArtifactRow.created_at, ArtifactRow.run_id
    query = _shown().where(seen_by(viewer)).order_by(*(each.desc() for each in place))
    if not wanted.gone:
        query = query.where(ArtifactRow.state.in_(("stored", "leaving")))
    if wanted.run is not None:
        query = query.where(ArtifactRow.run_id == wanted.run)
    if wanted.owner is not None:
        query = query.where(ArtifactRow.owner == wanted.owner)
    if wanted.model is not None:
        query = query.where(func.lower(RunRow.model_name) == func.lower(wanted.model))
    if wanted.recipe is not None:
        query = query.where(RunRow.sources.contains([wanted.recipe]))
    if before is not None:
        query = query.where(tuple_(*place) < before)
    found: Sequence[Row[Any]] = (await session.execute(query.limit(limit))).all()
    return found


async def files(session: AsyncSession, run_id: UUID) -> Sequence[FileRow]:
    """The files of a model, by name."""
    query = select(FileRow).where(FileRow.run_id == run_id).order_by(FileRow.name)
    return (await session.scalars(query)).all()


async def file(session: AsyncSession, run_id: UUID, name: str) -> FileRow | None:
    """A file of a model."""
    return await session.get(FileRow, (run_id, name))


async def lock(session: AsyncSession, run_id: UUID) -> ArtifactRow | None:
    """The row of a model, locked until the transaction ends."""
    query = select(ArtifactRow).where(ArtifactRow.run_id == run_id).with_for_update()
    return await session.scalar(query.execution_options(populate_existing=True))


def _shown() -> Select[Any]:
    return select(
        ArtifactRow.run_id.label("run"),
        ArtifactRow.owner,
        RunRow.visibility,
        RunRow.model_name,
        RunRow.spec["recipe_version"].astext.label("recipe_version"),
        RunRow.result["output_digest"].astext.label("output_digest"),
        ArtifactRow.size,
        ArtifactRow.created_at,
        ArtifactRow.pinned,
        ArtifactRow.state,
        ArtifactRow.why,
        ArtifactRow.marked_at,
    ).join(RunRow, RunRow.id == ArtifactRow.run_id)
