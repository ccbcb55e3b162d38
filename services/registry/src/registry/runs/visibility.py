"""Making runs follow a recipe that becomes private or public."""

from __future__ import annotations

from sqlalchemy import Text, case, cast, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from registry.events.models import release
from registry.events.tables import OutboxRow
from registry.recipes.models import RecipeRow
from registry.runs.models import RunRow


async def follow(session: AsyncSession, recipe: RecipeRow) -> None:
    """Make its owner's runs follow `recipe`, which is locked and has just changed.

    They stay private while another source of theirs is. Runs that others made of it while it was
    public or unlisted belong to them and do not change.
    """
    mine = RunRow.owner == recipe.owner, RunRow.sources.contains([recipe.id])
    source = aliased(RecipeRow)
    hidden = exists().where(source.id == func.any(RunRow.sources), source.visibility == "private")
    now = case((hidden, "private"), else_="public")
    changed = update(RunRow).where(*mine).values(visibility=now)
    await session.execute(changed.execution_options(synchronize_session=False))
    if recipe.visibility == "public":
        public = select(cast(RunRow.id, Text)).where(*mine, RunRow.visibility == "public")
        await release(session, recipe.owner, OutboxRow.data["run"].astext.in_(public))
