"""Queries with a mistake in a word: which word was meant, of those that the viewer may see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from registry.search.language.printing import printed
from registry.search.query import NOWHERE, Among, Condition, Query, Term
from registry.search.spelling.vocabulary import Near
from registry.search.words import words_of

CORRECTED = ("base", "ingredient", "tag", "domain")
"""The fields whose values are corrected. Handles and names are meant as they are written."""
MOST_TRIED = 10
LITTLE, OFTEN = 3, 50
"""A word that so few recipes have may mean one that so many times as many have."""


class Known(Protocol):
    """What the viewer may see."""

    def with_word(self, word: str) -> int:
        """How many recipes have a word."""

    def has_value(self, field: str, value: str) -> bool:
        """Whether any recipe has a value of a field."""

    def with_value(self, field: str, value: str) -> int:
        """How many recipes have a value of a field."""

    def near(self, word: str) -> Iterable[Near]:
        """The words that may have been meant, also those that the viewer sees in no recipe."""


@dataclass(frozen=True)
class Correction:
    """A word, or a field's value, and what was meant; if it is not `certain`, it is only named."""

    field: str | None
    written: str
    read: str
    certain: bool = True


def corrections(query: Query, known: Known) -> tuple[Correction, ...]:
    """What to read instead of words and values that no recipe has.

    For a word that few recipes have, a much more frequent one is named.
    """
    return tuple(dict.fromkeys(_found(query, known)))


def applied(query: Query, found: Iterable[Correction]) -> Query:
    """The query with the corrections that are certain."""
    read = {(each.field, each.written): each.read for each in found if each.certain}

    def condition(each: Condition) -> Condition:
        field, written = _written(each)
        values = tuple(read.get((field, word), word) for word in written)
        if values == written:
            return each
        if isinstance(each, Among):
            return replace(each, values=tuple(sorted(set(values))))
        assert isinstance(each, Term)
        return replace(each, words=values + each.words[len(values) :])

    return Query(tuple(map(condition, query.conditions)))


def rewritten(text: str, before: Query, after: Query) -> str:
    """The text of a query with its conditions as they are corrected."""
    pairs = zip(before.conditions, after.conditions, strict=True)
    changed = [pair for pair in pairs if pair[0] != pair[1] and pair[0].place != NOWHERE]
    for old, new in sorted(changed, key=lambda pair: -pair[0].place.offset):
        begin, end = old.place.offset, old.place.offset + old.place.length
        text = text[:begin] + printed(Query((new,))) + text[end:]
    return text


def _written(condition: Condition) -> tuple[str | None, tuple[str, ...]]:
    """What of a condition may be a mistake: the words, or the values and their field."""
    if isinstance(condition, Term) and not condition.negated:
        return None, condition.words[: len(condition.words) - condition.prefix]
    if isinstance(condition, Among) and not condition.negated and condition.field in CORRECTED:
        return condition.field, condition.values
    return None, ()


def _found(query: Query, known: Known) -> Iterator[Correction]:
    for condition in query.conditions:
        field, written = _written(condition)
        for each in written:
            yield from _value(field, each, known) if field else _word(each, known)


def _word(word: str, known: Known) -> Iterator[Correction]:
    count = known.with_word(word)
    if count <= LITTLE:
        least = max(1, count * OFTEN)
        meant = (near.word for near, frequency in _seen(word, known) if frequency >= least)
        yield from (Correction(None, word, each, count == 0) for each in islice(meant, 1))


def _value(field: str, value: str, known: Known) -> Iterator[Correction]:
    """The value with another word in the place of one, if no recipe has it as it is."""
    if known.has_value(field, value):
        return
    others = (
        (Near(other, near.distance), known.with_value(field, other))
        for word in words_of(value)
        for near, _ in islice(_seen(word, known), MOST_TRIED)
        if (other := _with_another(value, word, near.word)) != value
    )
    yield from (Correction(field, value, near.word) for near, _ in islice(_best(others), 1))


def _seen(word: str, known: Known) -> Iterator[tuple[Near, int]]:
    return _best((near, known.with_word(near.word)) for near in known.near(word))


def _best(counted: Iterable[tuple[Near, int]]) -> Iterator[tuple[Near, int]]:
    """Those that some recipe has: the nearest first, then the most frequent."""
    some = [each for each in counted if each[1]]
    return iter(sorted(some, key=lambda each: (each[0].distance, -each[1], each[0].word)))


def _with_another(value: str, word: str, other: str) -> str:
    """The value with another word; a number after letters is a word of its own, as in searches."""
    before = r"(?<!\d)" if word[0].isdigit() else r"(?<![^\W_])"
    after = r"(?![^\W_])" if word[-1].isdigit() else r"(?![^\W\d_])"
    return re.sub(rf"{before}{re.escape(word)}{after}", other, value)
