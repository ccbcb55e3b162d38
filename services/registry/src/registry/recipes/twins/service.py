"""Reading the twins of a version."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from mergehub.kit.paging.pages import PageRequest
from registry.recipes import service as recipes
from registry.recipes.answers import reference
from registry.recipes.repository import Pair
from registry.recipes.schemas import Twin
from registry.recipes.twins import repository
from registry.recipes.twins.schemas import TwinPage

SHOWN = 10
"""How many twins an answer to publishing has."""


async def first(session: AsyncSession, digest: str, viewer: Viewer, *, beside: UUID) -> list[Twin]:
    """The oldest versions of recipes other than `beside` that have a digest."""
    found = await repository.of_digest(
        session, digest, viewer, beside=beside, after=None, limit=SHOWN
    )
    return [_twin(pair) for pair in found]


async def page(
    session: AsyncSession, recipe_id: UUID, number: int, viewer: Viewer, asked: PageRequest
) -> TwinPage:
    """A page of the twins of a version, the oldest first. Raises RecipeNotFound."""
    after = asked.after(datetime, UUID)
    version = await recipes.version(session, recipe_id, number, viewer)
    found = await repository.of_digest(
        session, version.digest, viewer, beside=recipe_id, after=after, limit=asked.rows
    )
    pairs, next_cursor = asked.cut(found, lambda pair: (pair[1].created_at, pair[1].id))
    return TwinPage(items=[_twin(pair) for pair in pairs], next_cursor=next_cursor)


def _twin(pair: Pair) -> Twin:
    return Twin(**reference(*pair), created_at=pair[1].created_at)
