"""Reading the twins of a version."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from mergehub.kit.paging.pages import PageRequest
from registry.recipes import answers
from registry.recipes import service as recipes
from registry.recipes.schemas import Twin
from registry.recipes.twins.schemas import TwinPage
from registry.recipes.writing import twins as repository


async def first(
    session: AsyncSession, digest: str, viewer: Viewer, *, beside: UUID | None = None
) -> list[Twin]:
    """The oldest versions of recipes other than `beside` that have a digest."""
    found = await repository.of_digest(
        session, digest, viewer, beside=beside, after=None, limit=repository.SHOWN
    )
    return answers.twins(found)


async def page(
    session: AsyncSession, recipe_id: UUID, number: int, viewer: Viewer, asked: PageRequest
) -> TwinPage:
    """A page of the twins of a version, the oldest first. Raises RecipeNotFound."""
    after = asked.after(datetime, UUID)
    version = await recipes.version(session, recipe_id, number, viewer)
    found = await repository.of_digest(
        session, version.digest, viewer, beside=recipe_id, after=after, limit=asked.rows
    )
    rows, next_cursor = asked.cut(found, lambda row: (row.created_at, row.version))
    return TwinPage(items=answers.twins(rows), next_cursor=next_cursor)
