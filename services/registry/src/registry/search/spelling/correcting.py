"""Queries with a mistake in a word: which word was meant, of those that the viewer may see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from registry.search.language.printing import printed
from registry.search.query import NOWHERE, Among, Condition, Query, Within
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

    def with_value(self, field: str, value: str) -> int:
        """How many recipes have a value of a field."""

    def near(self, word: str) -> Iterable[Near]:
        """The words that may have been meant, also those that the viewer sees in no recipe."""


@dataclass(frozen=True)
class Correction:
    """A word or value, and what was meant; if it is not `certain`, nothing was changed."""

    written: str
    read: str
    certain: bool


@dataclass(frozen=True)
class Corrected:
    """What a query means, and what is different in it."""

    query: Query
    corrections: tuple[Correction, ...]

    @property
    def is_another(self) -> bool:
        """Whether the query was changed."""
        return any(each.certain for each in self.corrections)


def corrected(query: Query, known: Known) -> Corrected:
    """A query whose words and values are all in some recipe, as far as near ones are.

    A word that few recipes have stays as it is, but what is much more frequent is named.
    """
    found: list[Correction] = []
    conditions = [_condition(each, known, found) for each in query.conditions]
    return Corrected(Query(tuple(conditions)), tuple(dict.fromkeys(found)))


def rewritten(text: str, before: Query, after: Query) -> str:
    """The text of a query with its conditions as they are corrected."""
    pairs = zip(before.conditions, after.conditions, strict=True)
    changed = [pair for pair in pairs if pair[0] != pair[1] and pair[0].place != NOWHERE]
    for old, new in sorted(changed, key=lambda pair: -pair[0].place.offset):
        begin, end = old.place.offset, old.place.offset + old.place.length
        text = text[:begin] + printed(Query((new,))) + text[end:]
    return text


def _condition(condition: Condition, known: Known, found: list[Correction]) -> Condition:
    if condition.negated or isinstance(condition, Within):
        return condition
    if isinstance(condition, Among):
        if condition.field not in CORRECTED:
            return condition
        values = {_value(condition.field, each, known, found) for each in condition.values}
        return replace(condition, values=tuple(sorted(values)))
    whole = len(condition.words) - condition.prefix
    words = (_word(each, known, found) for each in condition.words[:whole])
    return replace(condition, words=(*words, *condition.words[whole:]))


def _word(word: str, known: Known, found: list[Correction]) -> str:
    count = known.with_word(word)
    if count > LITTLE:
        return word
    least = max(1, count * OFTEN)
    for meant, frequency in _seen(word, known):
        if frequency >= least:
            found.append(Correction(word, meant.word, certain=count == 0))
            return word if count else meant.word
    return word


def _seen(word: str, known: Known) -> Iterator[tuple[Near, int]]:
    return _best((near, known.with_word(near.word)) for near in known.near(word))


def _value(field: str, value: str, known: Known, found: list[Correction]) -> str:
    """A value of which one word may be another."""
    if known.with_value(field, value):
        return value
    others = (
        (Near(other, near.distance), known.with_value(field, other))
        for word in words_of(value)
        for near, _ in islice(_seen(word, known), MOST_TRIED)
        if (other := _with_another(value, word, near.word)) != value
    )
    for meant, _ in _best(others):
        found.append(Correction(value, meant.word, certain=True))
        return meant.word
    return value


def _best(counted: Iterable[tuple[Near, int]]) -> Iterator[tuple[Near, int]]:
    """Those that some recipe has: the nearest first, then the most frequent."""
    some = [each for each in counted if each[1]]
    return iter(sorted(some, key=lambda each: (each[0].distance, -each[1], each[0].word)))


def _with_another(value: str, word: str, other: str) -> str:
    return re.sub(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", other, value)
