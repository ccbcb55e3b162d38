"""Which entries match a query, of those that a viewer sees."""

from __future__ import annotations

from collections.abc import Iterable

from pyroaring import BitMap

from registry.search.bitmaps.arrays import bitmap, slots_of
from registry.search.catalogue.catalogue import Catalogue
from registry.search.catalogue.ranges import Range
from registry.search.catalogue.sight import Viewpoint
from registry.search.catalogue.values import MODELS
from registry.search.query import Among, Condition, Query, Term, Within

YES, NO = "yes", "no"


def matching(catalogue: Catalogue, query: Query, viewpoint: Viewpoint) -> BitMap:
    """The entries for which all conditions of a query hold.

    Archived ones are among them only if the query asks for `archived`.
    """
    found = catalogue.sight.of(viewpoint)
    if not any(isinstance(each, Among) and each.field == "archived" for each in query.conditions):
        found -= catalogue.sight.archived
    for condition in sorted(query.conditions, key=_cost):
        holds = _holding(catalogue, condition, found)
        found = found - holds if condition.negated else found & holds
    return found


def _cost(condition: Condition) -> int:
    """What is cheap comes first, as what is dear looks only at what is left."""
    if isinstance(condition, Within):
        return 1 if condition.parameter else 2
    if isinstance(condition, Among) and condition.field in MODELS:
        return 3
    return 4 if isinstance(condition, Term) and len(condition.words) > 1 else 0


def _holding(catalogue: Catalogue, condition: Condition, found: BitMap) -> BitMap:
    """The entries for which a condition holds, whether it is negated or not; others may be missing
    if they are not in `found`.
    """
    if isinstance(condition, Term):
        return _with_words(catalogue, condition, found)
    if isinstance(condition, Among):
        return _among(catalogue, condition, found)
    return _within(catalogue, condition, found)


def _with_words(catalogue: Catalogue, term: Term, found: BitMap) -> BitMap:
    if not term.words:
        return BitMap()
    *whole, last = term.words
    texts = catalogue.texts
    places = [texts.places(word) for word in whole]
    places.append(texts.places_of_prefix(last) if term.prefix else texts.places(last))
    having = BitMap.intersection(found, *(BitMap.union(*each) for each in places))
    if len(term.words) == 1 or not having:
        return having
    named = catalogue.values.naming(term.words, term.prefix, having, catalogue.size)
    return named | texts.following(term.words, term.prefix, having - named, catalogue.size)


def _among(catalogue: Catalogue, among: Among, found: BitMap) -> BitMap:
    return BitMap.union(BitMap(), *_by_value(catalogue, among, found))


def _by_value(catalogue: Catalogue, among: Among, found: BitMap) -> Iterable[BitMap]:
    sight = catalogue.sight
    for value in among.values:
        if among.field == "archived":
            yield sight.archived if value == YES else found - sight.archived
        elif among.field == "visibility":
            yield sight.public if value == "public" else sight.by_visibility.get(value, BitMap())
        elif among.field == "name":
            yield catalogue.values.named(value, catalogue.size)
        else:
            yield catalogue.values.having(among.field, value, catalogue.size, found)


def _within(catalogue: Catalogue, within: Within, found: BitMap) -> BitMap:
    inside = Range(within.low, within.high, within.low_open, within.high_open)
    if within.parameter is not None:
        return catalogue.numbers.with_parameter(within.parameter, inside)
    slots = slots_of(found)
    return bitmap(slots[inside.inside(catalogue.column(within.field)[slots])])


def words(query: Query) -> tuple[tuple[str, bool], ...]:
    """The words that a result has, each with whether it may go on."""
    found = [each for each in query.conditions if isinstance(each, Term) and not each.negated]
    return tuple(
        (word, term.prefix and at == len(term.words))
        for term in found
        for at, word in enumerate(term.words, 1)
    )
