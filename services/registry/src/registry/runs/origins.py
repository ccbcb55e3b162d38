"""The runs that came from a recipe: they follow its visibility, and keep it from being deleted."""

from __future__ import annotations

from sqlalchemy import Text, case, cast, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mergehub.contracts.kinds import MAKERS
from mergehub.contracts.runs import RunState
from mergehub.kit.identity.tokens import Viewer
from registry.events.models import release
from registry.events.tables import OutboxRow
from registry.recipes.deletion.service import NAMED, some
from registry.recipes.models import RecipeRow
from registry.runs.models import RunRow
from registry.runs.repository import seen_by


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


async def needing(session: AsyncSession, recipe: RecipeRow, viewer: Viewer) -> list[str]:
    """The runs and models that `viewer` may see, as in "2 runs" and "1 model (ann/soup)"."""
    mine = RunRow.sources.contains([recipe.id]), seen_by(viewer)
    runs = await session.scalar(select(func.count()).where(*mine)) or 0
    made = RunRow.kind.in_(MAKERS), RunRow.state == RunState.SUCCEEDED
    models = select(RunRow.model_name).where(*mine, *made).distinct().order_by(RunRow.model_name)
    names = list(await session.scalars(models))
    found = [some("run", runs)] if runs else []
    return [*found, some("model", len(names), names[:NAMED])] if names else found
