"""Notes on names in a recipe that resemble a product's name; they may be folders' names, too."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.kinds import MAKERS
from mergehub.kit.identity.tokens import Principal
from mergehub.recipe.faults import nearest
from registry.products.models import ProductRow
from registry.runs.models import RunRow
from registry.runs.naming.resolve import COMING
from registry.runs.repository import seen_by

LOOKED_AT = 500
NOTED = 10


async def near_names(session: AsyncSession, viewer: Principal, names: Iterable[str]) -> list[str]:
    """Return a note for each name that is not a product's but resembles one.

    Only products of the same namespace that `viewer` may see are considered.
    """
    wanted = sorted(name for name in names if "/" in name)
    spaces = {name.partition("/")[0].lower() for name in wanted}
    if not spaces:
        return []
    known = await _names_in(session, viewer, spaces)
    notes = []
    for name in wanted:
        space = f"{name.partition('/')[0].lower()}/"
        if near := nearest(name, [each for each in known if each.lower().startswith(space)]):
            notes.append(
                f"{name} is not a model of this hub, so a worker will look for it elsewhere: "
                f"did you mean {near}?"
            )
    return notes[:NOTED]


async def _names_in(session: AsyncSession, viewer: Principal, spaces: set[str]) -> list[str]:
    seen = exists().where(
        func.lower(RunRow.model_name) == func.lower(ProductRow.name),
        RunRow.kind.in_(MAKERS),
        RunRow.state.in_(COMING),
        seen_by(viewer),
    )
    space = func.lower(func.split_part(ProductRow.name, "/", 1))
    query = select(ProductRow.name).where(space.in_(spaces), seen).limit(LOOKED_AT)
    return list(await session.scalars(query))
