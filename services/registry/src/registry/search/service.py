"""Searching: from a query to recipes and counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from mergehub.kit.paging.pages import PageRequest
from registry.recipes import service as recipes
from registry.search import repository
from registry.search.answering.counting import counts
from registry.search.answering.matching import matching, words
from registry.search.answering.ranking import Place, Sort, page
from registry.search.catalogue.catalogue import Catalogue
from registry.search.catalogue.sight import Viewpoint
from registry.search.query import Among, Query
from registry.search.schemas import Facets, FacetValue, RecipePage


@dataclass(frozen=True)
class Found:
    """Results of a page, and how many there are in all."""

    places: list[Place]
    total: int


async def find(
    session: AsyncSession,
    catalogue: Catalogue,
    query: Query,
    viewer: Viewer,
    sort: Sort | None,
    asked: PageRequest,
) -> RecipePage:
    """A page of recipes; by default, the most relevant first if there are words, else the newest.

    Raises BadCursor.
    """
    place = asked.after(int, int)
    order: Sort = sort or ("relevance" if words(query) else "new")
    after = Place(*place) if place else None
    viewpoint = await repository.viewpoint(session, viewer)
    found = await asyncio.to_thread(_find, catalogue, query, viewpoint, order, after, asked.rows)
    shown, next_cursor = asked.cut(found.places, lambda each: (each.key, each.number))
    items = await recipes.numbered(session, [each.number for each in shown], viewer)
    return RecipePage(
        items=items,
        next_cursor=next_cursor,
        total=found.total,
        as_of=catalogue.as_of,
        suggestions=[] if found.total or after else await _near(session, query, viewer),
    )


async def facets(
    session: AsyncSession, catalogue: Catalogue, query: Query, viewer: Viewer, most: int
) -> Facets:
    """The most frequent values of each field among the recipes that match."""
    viewpoint = await repository.viewpoint(session, viewer)
    return await asyncio.to_thread(_facets, catalogue, query, viewpoint, most)


def _find(
    catalogue: Catalogue,
    query: Query,
    viewpoint: Viewpoint,
    sort: Sort,
    after: Place | None,
    rows: int,
) -> Found:
    found = matching(catalogue, query, viewpoint)
    return Found(page(catalogue, found, query, sort, after, rows), len(found))


def _facets(catalogue: Catalogue, query: Query, viewpoint: Viewpoint, most: int) -> Facets:
    found = matching(catalogue, query, viewpoint)
    shown = {
        field: [FacetValue(value=value, count=count) for value, count in values]
        for field, values in counts(catalogue, found, most).items()
    }
    return Facets(total=len(found), as_of=catalogue.as_of, facets=shown)


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
