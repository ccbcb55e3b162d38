"""What a query means among the recipes that a viewer sees, and what it finds there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyroaring import BitMap

from registry.search.answering.matching import matching
from registry.search.catalogue.catalogue import Catalogue
from registry.search.catalogue.sight import Viewpoint
from registry.search.query import Query
from registry.search.spelling.correcting import LITTLE, Correction, applied, corrections
from registry.search.spelling.vocabulary import Near


@dataclass(frozen=True)
class Found:
    """The entries that a query finds as it was read, and what was corrected in it."""

    slots: BitMap
    query: Query
    corrections: tuple[Correction, ...]


def understood(catalogue: Catalogue, query: Query, viewpoint: Viewpoint) -> Found:
    """What a query finds; if that is little, mistakes in its words are looked for."""
    found = matching(catalogue, query, viewpoint)
    if len(found) > LITTLE:
        return Found(found, query, ())
    seen = Seen(catalogue, catalogue.sight.of(viewpoint) - catalogue.sight.archived)
    return corrected(catalogue, query, viewpoint, corrections(query, seen), found)


def corrected(
    catalogue: Catalogue,
    query: Query,
    viewpoint: Viewpoint,
    known: tuple[Correction, ...],
    found: BitMap | None = None,
) -> Found:
    """What a query finds with these corrections; `found` is what it finds without."""
    read = applied(query, known)
    if found is None or read != query:
        found = matching(catalogue, read, viewpoint)
    return Found(found, read, known)


class Seen:
    """What some entries have, for corrections."""

    def __init__(self, catalogue: Catalogue, entries: BitMap) -> None:
        self._catalogue, self._entries = catalogue, entries

    def with_word(self, word: str) -> int:
        """How many of the entries have a word."""
        places = self._catalogue.texts.places(word)
        return sum(each.intersection_cardinality(self._entries) for each in places)

    def has_value(self, field: str, value: str) -> bool:
        """Whether any of the entries has a value of a field."""
        return self._catalogue.values.has(field, value, self._entries)

    def with_value(self, field: str, value: str) -> int:
        """How many of the entries have a value of a field."""
        having = self._catalogue.values.having(field, value, self._catalogue.size)
        return having.intersection_cardinality(self._entries)

    def near(self, word: str) -> Iterable[Near]:
        """The words near one, whatever entries have them."""
        return self._catalogue.texts.near(word)
