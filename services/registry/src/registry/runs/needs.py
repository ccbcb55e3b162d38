"""The runs and models that came from a recipe, which keep it from being deleted."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.kinds import MAKERS
from mergehub.contracts.runs import RunState
from mergehub.kit.identity.tokens import Viewer
from registry.recipes.deletion.service import NAMED, some
from registry.recipes.models import RecipeRow
from registry.runs.models import RunRow
from registry.runs.repository import seen_by


async def of_recipe(session: AsyncSession, recipe: RecipeRow, viewer: Viewer) -> list[str]:
    """The runs and models that `viewer` may see, as in "2 runs" and "1 model (ann/soup)"."""
    mine = RunRow.sources.contains([recipe.id]), seen_by(viewer)
    runs = await session.scalar(select(func.count()).where(*mine)) or 0
    made = RunRow.kind.in_(MAKERS), RunRow.state == RunState.SUCCEEDED
    models = select(RunRow.model_name).where(*mine, *made).distinct().order_by(RunRow.model_name)
    names = list(await session.scalars(models))
    found = [some("run", runs)] if runs else []
    return [*found, some("model", len(names), names[:NAMED])] if names else found
