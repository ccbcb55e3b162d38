"""Searching: from a query to recipes and counts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from mergehub.kit.paging.pages import PageRequest
from registry.recipes import service as recipes
from registry.search import repository
from registry.search.answering.counting import counts
from registry.search.answering.matching import words
from registry.search.answering.ranking import Place, Sort, page
from registry.search.answering.resembling import By, resembling
from registry.search.answering.spans import span_counts
from registry.search.answering.understanding import Found, corrected, understood
from registry.search.asked import Wanted
from registry.search.catalogue.catalogue import Catalogue
from registry.search.catalogue.sight import Viewpoint
from registry.search.query import Among, Query
from registry.search.schemas import (
    FacetValue,
    RecipeFacets,
    RecipePage,
    SimilarRecipe,
    SimilarRecipes,
    WordCorrection,
)
from registry.search.shown import shown_recipes
from registry.search.spelling import correcting
from registry.search.spelling.correcting import rewritten


@dataclass(frozen=True)
class After:
    """Where a page begins, and which corrections the first page was made with."""

    place: Place
    corrections: tuple[correcting.Correction, ...]


async def find(
    session: AsyncSession,
    catalogue: Catalogue,
    wanted: Wanted,
    viewer: Viewer,
    sort: Sort | None,
    asked: PageRequest,
) -> RecipePage:
    """A page of recipes; by default, the most relevant first if there are words, else the newest.

    Raises BadCursor.
    """
    after = _after(asked)
    order: Sort = sort or ("relevance" if words(wanted.query) else "new")
    viewpoint = await repository.viewpoint(session, viewer)
    found, places = await asyncio.to_thread(
        _page, catalogue, wanted.query, viewpoint, order, after, asked.rows
    )
    kept = json.dumps([[each.field, each.written, each.read] for each in _certain(found)])
    shown, next_cursor = asked.cut(places, lambda each: (each.key, each.number, kept))
    items = await shown_recipes(session, catalogue, [each.number for each in shown], viewer)
    is_none = not found.slots and not after
    return RecipePage(
        items=list(items.values()),
        next_cursor=next_cursor,
        total=len(found.slots),
        as_of=catalogue.as_of,
        corrected=_corrected(wanted, found.query),
        corrections=_said(found),
        suggestions=await _near(session, wanted.query, viewer) if is_none else [],
    )


async def facets(
    session: AsyncSession, catalogue: Catalogue, query: Query, viewer: Viewer, most: int
) -> RecipeFacets:
    """The most frequent values of each field among the recipes that match."""
    viewpoint = await repository.viewpoint(session, viewer)
    return await asyncio.to_thread(_facets, catalogue, query, viewpoint, most)


async def similar(
    session: AsyncSession,
    catalogue: Catalogue,
    recipe_id: UUID,
    viewer: Viewer,
    by: By,
    most: int,
) -> SimilarRecipes:
    """Recipes like one that the viewer may see. Raises RecipeNotFound."""
    number, recipe = await recipes.identified(session, recipe_id, viewer)
    viewpoint = await repository.viewpoint(session, viewer)
    method = recipe.version.method
    found = await asyncio.to_thread(resembling, catalogue, number, method, viewpoint, by, most)
    likeness = {each.number: each.likeness for each in found}
    shown = await shown_recipes(session, catalogue, list(likeness), viewer)
    items = [SimilarRecipe(**dict(each), likeness=likeness[n]) for n, each in shown.items()]
    return SimilarRecipes(items=items, as_of=catalogue.as_of)


def _after(asked: PageRequest) -> After | None:
    found = asked.after(int, int, str)
    if found is None:
        return None
    key, number, kept = found
    return After(
        Place(key, number), tuple(correcting.Correction(*each) for each in json.loads(kept))
    )


def _page(
    catalogue: Catalogue,
    query: Query,
    viewpoint: Viewpoint,
    sort: Sort,
    after: After | None,
    rows: int,
) -> tuple[Found, list[Place]]:
    if after is None:
        found = understood(catalogue, query, viewpoint)
    else:
        found = corrected(catalogue, query, viewpoint, after.corrections)
    place = after.place if after else None
    return found, page(catalogue, found.slots, found.query, sort, place, rows)


def _facets(catalogue: Catalogue, query: Query, viewpoint: Viewpoint, most: int) -> RecipeFacets:
    found = understood(catalogue, query, viewpoint)
    counted = counts(catalogue, found.slots, most) | span_counts(catalogue, found.slots)
    shown = {
        field: [FacetValue(value=value, count=count) for value, count in values]
        for field, values in counted.items()
    }
    return RecipeFacets(
        total=len(found.slots),
        as_of=catalogue.as_of,
        corrections=_said(found),
        facets=shown,
    )


def _certain(found: Found) -> Iterable[correcting.Correction]:
    return (each for each in found.corrections if each.certain)


def _said(found: Found) -> list[WordCorrection]:
    return [WordCorrection.model_validate(each) for each in found.corrections]


def _corrected(wanted: Wanted, read: Query) -> str | None:
    """The text of a search as it was read, if that is something else."""
    text = rewritten(wanted.text, wanted.query, read)
    return None if text == wanted.text else text


async def _near(session: AsyncSession, query: Query, viewer: Viewer) -> list[str]:
    """Recipes whose names resemble the one that was asked for, as `owner/name`."""
    named = {
        each.field: each.values[0]
        for each in query.conditions
        if isinstance(each, Among) and not each.negated and len(each.values) == 1
    }
    if "name" not in named:
        return []
    return await recipes.near(session, named["name"], named.get("owner"), viewer)
