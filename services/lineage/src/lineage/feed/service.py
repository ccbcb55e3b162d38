"""The facts of models that changed after a position."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.feed import repository
from lineage.feed.facts import facts
from lineage.feed.keeping import CHANNEL
from lineage.feed.schemas import FactsPage
from mergehub.kit.background.resources import Resources
from mergehub.kit.http.follow import changed


async def after(resources: Resources, position: int, limit: int, seconds: float) -> FactsPage:
    """A page of changes, as soon as there are any; an empty one after `seconds`."""

    async def look() -> FactsPage:
        async with resources.database.reading() as session:
            return await page(session, position, limit)

    with resources.signals.subscribe(CHANNEL) as woken:
        return await changed(look, woken, position, seconds)


async def page(session: AsyncSession, position: int, limit: int) -> FactsPage:
    """The models that changed after a position.

    The rows are read after the positions, so they are as new as those or newer; and what is newer
    is listed again.
    """
    newest = await repository.newest(session)
    rows = await repository.after(session, position, limit + 1)
    models = rows[:limit]
    numbers = [model.number for model in models]
    names = await repository.former_names(session, [model.id for model in models])
    flags = await repository.flags(session, numbers)
    parents = await repository.parents(session, numbers)
    return FactsPage(
        items=[
            facts(model, names.get(model.id, ()), flags.get(model.number, ()),
                  parents.get(model.number, ()))
            for model in models
        ],
        next_after=models[-1].position if models else position,
        newest=newest,
        has_more=len(rows) > limit,
    )  # fmt: skip
