"""What follows when a recipe becomes private, or public: for its runs, and for what is told."""

from __future__ import annotations

from sqlalchemy import Text, and_, case, cast, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mergehub.kit.database.notify import notify
from mergehub.kit.events.outbox import CHANNEL
from registry.events.tables import OutboxRow
from registry.recipes.models import RecipeRow
from registry.runs.models import RunRow


async def spread(session: AsyncSession, recipe: RecipeRow) -> None:
    """Let its owner's runs follow `recipe`, which is locked and has just changed.

    What others made of it while it was public is theirs, and stays as it is. Events that were kept
    back are told once nothing that they speak of is private any more; what was told cannot be
    taken back.
    """
    mine = RunRow.owner == recipe.owner, RunRow.sources.contains([recipe.id])
    source = aliased(RecipeRow)
    hidden = exists().where(
        source.id == func.any(RunRow.sources),
        source.owner == RunRow.owner,
        source.visibility == "private",
    )
    now = case((hidden, "private"), else_="public")
    changed = update(RunRow).where(*mine).values(visibility=now)
    await session.execute(changed.execution_options(synchronize_session=False))
    if recipe.visibility == "public":
        await _release(session, recipe)


async def _release(session: AsyncSession, recipe: RecipeRow) -> None:
    """Hand the relay what was kept back."""
    public = select(cast(RunRow.id, Text)).where(
        RunRow.owner == recipe.owner,
        RunRow.sources.contains([recipe.id]),
        RunRow.visibility == "public",
    )
    data = OutboxRow.data
    about_it = and_(OutboxRow.type == "recipe.published", data["recipe"].astext == str(recipe.id))
    kept = OutboxRow.private_to == recipe.owner, or_(about_it, data["run"].astext.in_(public))
    released = update(OutboxRow).where(*kept).values(private_to=None, published=False)
    await session.execute(released.execution_options(synchronize_session=False))
    await notify(session, CHANNEL, "registry")
