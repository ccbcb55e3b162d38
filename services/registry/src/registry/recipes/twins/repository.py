"""Queries on the versions that have one digest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import AnyRow
from mergehub.kit.identity.tokens import Viewer
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.repository import is_archived, seen_by

_TWINS = select(
    RecipeRow.id.label("recipe"),
    VersionRow.id.label("version"),
    VersionRow.number,
    RecipeRow.owner,
    RecipeRow.name,
    VersionRow.created_at,
).join(VersionRow, VersionRow.recipe_id == RecipeRow.id)


async def of_digest(
    session: AsyncSession,
    digest: str,
    viewer: Viewer,
    *,
    beside: UUID | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """Versions of recipes, but for `beside`, that lists show to `viewer`, the oldest first."""
    query = (
        _TWINS.where(VersionRow.digest == digest)
        .where(seen_by(viewer), is_archived(False))
        .order_by(VersionRow.created_at, VersionRow.id)
    )
    if beside is not None:
        query = query.where(RecipeRow.id != beside)
    if after is not None:
        query = query.where(tuple_(VersionRow.created_at, VersionRow.id) > after)
    return (await session.execute(query.limit(limit))).all()
