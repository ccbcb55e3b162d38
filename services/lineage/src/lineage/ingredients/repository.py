"""What the tables know of the models of a recipe: their numbers, and which are bases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import model_rows
from lineage.learning.names import key
from lineage.models.models import ModelRow
from mergehub.recipe import ModelRef


async def numbers(session: AsyncSession, references: Iterable[str]) -> Mapping[str, int]:
    """The numbers of the models that are known, by their references."""
    keys = {each: list(dict.fromkeys(map(key, _names(each)))) for each in references}
    wanted = {each for known_as in keys.values() for each in known_as}
    rows = await model_rows.named(session, wanted)
    rows |= await model_rows.once_named(session, wanted - rows.keys())
    found = {
        reference: next((rows[each].number for each in known_as if each in rows), None)
        for reference, known_as in keys.items()
    }
    return {each: number for each, number in found.items() if number is not None}


async def bases(session: AsyncSession, numbers: Collection[int]) -> set[int]:
    """Which models have a child that is no merge: others take them for a base.

    The counters say so: they count the children that are merges in two roles, and all children.
    """
    merges = ModelRow.base_count + ModelRow.ingredient_count
    query = select(ModelRow.number).where(
        ModelRow.number.in_(numbers), ModelRow.children_count > merges
    )
    return set(await session.scalars(query))


def _names(reference: str) -> Iterator[str]:
    """The names under which a model may be known, the most exact first."""
    yield reference.strip()
    try:
        model = ModelRef.parse(reference)
    except ValueError:
        return
    if model.adapter is not None:
        yield f"{model.model}+{model.adapter.model}"
    yield model.model
