"""What a search may become while it is typed."""

from __future__ import annotations

import asyncio
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from registry.search import repository
from registry.search.answering import completing
from registry.search.answering.completing import Completion
from registry.search.catalogue.catalogue import Catalogue
from registry.search.catalogue.sight import Viewpoint
from registry.search.language.beginning import Begun, begun
from registry.search.language.fields import FIELDS, parameters
from registry.search.schemas import (
    SuggestedField,
    SuggestedRecipe,
    SuggestedValue,
    Suggestions,
)
from registry.search.shown import shown_recipes

Found = tuple[list[int], dict[str, list[Completion]]]


async def suggestions(
    session: AsyncSession, catalogue: Catalogue, text: str, viewer: Viewer, most: int
) -> Suggestions:
    """What the last word of a text may become, of what the viewer may see."""
    start = begun(text)
    viewpoint = await repository.viewpoint(session, viewer)
    numbers, values = await asyncio.to_thread(_found, catalogue, start, viewpoint, most)
    shown = await shown_recipes(session, catalogue, numbers, viewer)
    return Suggestions(
        recipes=[SuggestedRecipe.model_validate(each) for each in shown.values()],
        fields=_fields(start, most),
        values={
            field: [_value(start, each) for each in found]
            for field, found in values.items()
            if found
        },
    )


def _found(catalogue: Catalogue, start: Begun, viewpoint: Viewpoint, most: int) -> Found:
    if not start.beginning and start.field is None:
        return [], {}
    return (
        completing.recipes(catalogue, start, viewpoint, most),
        completing.values(catalogue, start, viewpoint, most),
    )


def _fields(start: Begun, most: int) -> list[SuggestedField]:
    """The fields and merge parameters whose names begin like the last word."""
    if not start.beginning or start.field is not None:
        return []
    named = (
        SuggestedField(
            name=field.name,
            meaning=field.meaning,
            example=field.example,
            q=start.with_field(field),
        )
        for field in (*FIELDS, *parameters().values())
        if field.name.startswith(start.beginning.lower())
    )
    return list(islice(named, most))


def _value(start: Begun, found: Completion) -> SuggestedValue:
    q = start.with_value(found.field, found.value)
    return SuggestedValue(value=found.value, count=found.count, q=q)
