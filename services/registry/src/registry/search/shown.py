"""Found recipes as lists show them: read by one statement, with what the catalogue knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, Select, and_, any_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mergehub.kit.identity.tokens import Viewer
from registry.accounts.access import readable
from registry.recipes.answers import COLUMNS, LONGEST_DESCRIPTION
from registry.recipes.models import ForkRow, RecipeRow, VersionRow
from registry.recipes.schemas import VersionReference, VersionSummary
from registry.search.answering.facts import facts
from registry.search.catalogue.catalogue import Catalogue
from registry.search.schemas import FoundRecipe

_Origin, _OriginVersion = aliased(RecipeRow), aliased(VersionRow)
_DESCRIPTION = func.left(RecipeRow.description, LONGEST_DESCRIPTION)
_OF_RECIPE = sorted(COLUMNS - {"description"})
_OF_VERSION = list(VersionSummary.model_fields)
_OF_ORIGIN = {
    "recipe": _Origin.id,
    "version": _OriginVersion.id,
    "number": _OriginVersion.number,
    "owner": _Origin.owner,
    "name": _Origin.name,
}
_RECIPE_END = len(_OF_RECIPE)
_VERSION_END = _RECIPE_END + len(_OF_VERSION)


async def shown_recipes(
    session: AsyncSession, catalogue: Catalogue, numbers: Sequence[int], viewer: Viewer
) -> dict[int, FoundRecipe]:
    """Those of the recipes with these numbers that `viewer` may see, in this order."""
    if not numbers:
        return {}
    query = _PUBLIC if viewer is None else _seen_by(viewer)
    rows = {row[-1]: row for row in await session.execute(query, {"numbers": list(numbers)})}
    return {number: _shown(catalogue, rows[number]) for number in numbers if number in rows}


def _seen_by(viewer: Viewer) -> Select[Any]:
    seen = readable(viewer, RecipeRow.owner, RecipeRow.visibility)
    origin_seen = readable(viewer, _Origin.owner, _Origin.visibility)
    newest = and_(VersionRow.recipe_id == RecipeRow.id, VersionRow.number == RecipeRow.newest)
    numbers = bindparam("numbers", type_=ARRAY(BigInteger))
    return (
        select(
            *(getattr(RecipeRow, name) for name in _OF_RECIPE),
            *(getattr(VersionRow, name) for name in _OF_VERSION),
            *_OF_ORIGIN.values(),
            *(_DESCRIPTION, RecipeRow.visibility, RecipeRow.unlisted, RecipeRow.number),
        )
        .join(VersionRow, newest)
        .outerjoin(ForkRow, ForkRow.recipe_id == RecipeRow.id)
        .outerjoin(_Origin, and_(_Origin.id == ForkRow.origin_id, origin_seen))
        .outerjoin(_OriginVersion, _OriginVersion.id == ForkRow.version_id)
        .where(RecipeRow.number == any_(numbers), seen)
    )


_PUBLIC = _seen_by(None)
"""Most searches are of nobody in particular."""


def _shown(catalogue: Catalogue, row: Row[Any]) -> FoundRecipe:
    description, visibility, unlisted, number = tuple(row)[-4:]
    known = facts(catalogue, number)
    return FoundRecipe(
        **dict(zip(_OF_RECIPE, row[:_RECIPE_END], strict=True)),
        description=description,
        visibility=RecipeRow.seen(visibility, unlisted),
        version=VersionSummary(
            **dict(zip(_OF_VERSION, row[_RECIPE_END:_VERSION_END], strict=True))
        ),
        forked_from=_origin(row[_VERSION_END:-4]),
        base=known.base,
        ingredients=known.ingredients,
        size=known.size,
        uplift=known.uplift,
    )


def _origin(columns: Sequence[Any]) -> VersionReference | None:
    """What a recipe was forked from, if it is there still and the viewer may see it."""
    found = dict(zip(_OF_ORIGIN, columns, strict=True))
    if found["recipe"] is None or found["version"] is None:
        return None
    return VersionReference(**found)
