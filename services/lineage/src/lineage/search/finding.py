"""Finds models by names, the best first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from lineage.memory.graph import Graph
from lineage.search.index import Index
from lineage.search.spelling import corrected
from lineage.search.words import BEGINNING, EXACT, Query

COMPARED = 100
"""So many of the most important matches of each kind are sorted by how well they fit."""


@dataclass(frozen=True)
class Found:
    """A model, the plain name by which it was found, and the former name if it is that."""

    model: int
    line: bytes
    former: str | None = None


def find(
    graph: Graph, index: Index, query: Query, former: Iterable[Found], most: int
) -> list[Found]:
    """At most `most` models whose names have all words of a query.

    Names that are the query come first, then those that begin with it. Of the most important
    others, with those that `former` names find, the ones that fit best come first; the rest follow
    by importance. Of each of these kinds a hundred are sorted.
    """
    if not query.words:
        return []
    compared = {each.model: each for each in former}
    for fit in (EXACT, BEGINNING):
        for match in islice(index.matches(graph, query, fit), COMPARED):
            compared[match.model] = Found(match.model, match.line)
    matches = islice(index.matches(graph, query), max(COMPARED, most))
    found = [Found(match.model, match.line) for match in matches]
    compared |= {each.model: each for each in found[:COMPARED]}
    best = sorted(compared.values(), key=lambda each: _rank(graph, query, each))
    rest = [each for each in found[COMPARED:] if each.model not in compared]
    return [*best, *rest][:most]


def _rank(graph: Graph, query: Query, found: Found) -> tuple[int, int, bytes, int]:
    children = int(graph.models.children_count[found.model])
    return query.fit(found.line), -children, found.line, found.model


def meant(graph: Graph, index: Index, query: Query) -> Query | None:
    """What a query without matches may mean: its digits apart, or words as names spell them."""
    apart = query.apart
    if apart != query and next(index.matches(graph, apart), None) is not None:
        return apart
    return corrected(graph, index, query) if query.words else None
