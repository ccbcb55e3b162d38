"""What the last word of a search may become: values of fields that recipes have, and recipes."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from pyroaring import BitMap

from registry.search.answering.matching import matching
from registry.search.answering.ranking import page
from registry.search.catalogue.catalogue import Catalogue
from registry.search.catalogue.sight import Viewpoint
from registry.search.language.beginning import Begun
from registry.search.language.fields import BY_NAME
from registry.search.query import Among, Query, Term
from registry.search.words import words_of

FIELDS = ("tag", "ingredient", "base", "method", "owner", "domain", "licence")
"""The fields with values of all kinds. One with a few `choices` is continued when it is named."""
SHORTEST = 2
"""The beginning of a word of a recipe has so many letters at least."""


@dataclass(frozen=True)
class Completion:
    """A value of a field that begins so, and how many recipes have it."""

    field: str
    value: str
    count: int


def values(
    catalogue: Catalogue, begun: Begun, viewpoint: Viewpoint, most: int
) -> dict[str, list[Completion]]:
    """For each field the most frequent values that continue a search, with exact counts."""
    if begun.field in BY_NAME and BY_NAME[begun.field].choices:
        return {begun.field: list(_of_choices(catalogue, begun, viewpoint))[:most]}
    found = matching(catalogue, begun.before, viewpoint)
    fields = FIELDS if begun.field is None else (begun.field,)
    return {
        field: list(_of_field(catalogue, field, begun.beginning, found, most))
        for field in fields
        if field in FIELDS
    }


def recipes(catalogue: Catalogue, begun: Begun, viewpoint: Viewpoint, most: int) -> list[int]:
    """The numbers of the recipes that fit best if the last word goes on."""
    words = words_of(begun.beginning)
    if begun.field is not None or len(begun.beginning) < SHORTEST or not words:
        return []
    query = Query((*begun.before.conditions, Term(words, prefix=True)))
    found = matching(catalogue, query, viewpoint)
    return [place.number for place in page(catalogue, found, query, "relevance", None, most)]


def _of_choices(catalogue: Catalogue, begun: Begun, viewpoint: Viewpoint) -> Iterator[Completion]:
    """The choices of the field that begin so, in the field's order, without those of no recipe."""
    assert begun.field is not None
    for value in BY_NAME[begun.field].choices:
        if value.startswith(begun.beginning.lower()):
            chosen = Among(begun.field, (value,))
            found = matching(catalogue, Query((*begun.before.conditions, chosen)), viewpoint)
            if found:
                yield Completion(begun.field, value, len(found))


def _of_field(
    catalogue: Catalogue, field: str, beginning: str, found: BitMap, most: int
) -> Iterator[Completion]:
    """The values that most of some entries have; none that none of them has.

    No value can have more of them than it has of all. So from the most frequent one on, values are
    counted until no other can be among the best.
    """
    values = catalogue.values
    best: list[tuple[int, int]] = []
    for at_most, code in values.beginning_with(field, beginning):
        if len(best) == most and at_most <= best[0][0]:
            break
        pair = values.of(code).intersection_cardinality(found), -code
        if pair[0]:
            (heapq.heappush if len(best) < most else heapq.heappushpop)(best, pair)
    for count, code in sorted(best, reverse=True):
        yield Completion(field, values.texts[-code], count)
