"""Queries on the versions that have one digest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from mergehub.kit.identity.tokens import Viewer
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.repository import Pair, is_archived, seen_by

_NO_TEXT = (defer(VersionRow.source, raiseload=True), defer(VersionRow.canonical, raiseload=True))


async def of_digest(
    session: AsyncSession,
    digest: str,
    viewer: Viewer,
    *,
    beside: UUID,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[Pair]:
    """Versions of recipes other than `beside` that lists show to `viewer`, the oldest first."""
    query = (
        select(RecipeRow, VersionRow)
        .join(VersionRow, VersionRow.recipe_id == RecipeRow.id)
        .options(*_NO_TEXT)
        .where(VersionRow.digest == digest, RecipeRow.id != beside)
        .where(seen_by(viewer), is_archived(False))
        .order_by(VersionRow.created_at, VersionRow.id)
    )
    if after is not None:
        query = query.where(tuple_(VersionRow.created_at, VersionRow.id) > after)
    found = await session.execute(query.limit(limit))
    return [(recipe, version) for recipe, version in found]
