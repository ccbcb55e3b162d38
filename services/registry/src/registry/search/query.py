"""What a search asks for, however it was written: conditions, all of which must hold."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A place in the text of a query, in characters."""

    offset: int
    length: int


NOWHERE = Span(0, 0)
"""The place of a condition that no text asked for."""


@dataclass(frozen=True)
class Term:
    """A word, or words that follow each other, in a title, name, description, tag or ingredient.

    The words are as `words_of` gives them. With `prefix`, the last one may go on.
    """

    words: tuple[str, ...]
    negated: bool = False
    prefix: bool = False
    place: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Among:
    """A field that has any of some values, each in lower case, in order and once.

    A model (`base`, `ingredient`) has a value that is its whole name, or all of whose words are
    words of its name, in any order.
    """

    field: str
    values: tuple[str, ...]
    negated: bool = False
    place: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Within:
    """A number from `low` to `high`; an open end is left out, and None is no end.

    What has no such number is not within. The field `parameter` is the merge parameter that
    `parameter` names, any of whose values must be within; `created` counts seconds since 1970.
    """

    field: str
    parameter: str | None = None
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    negated: bool = False
    place: Span = dataclasses.field(default=NOWHERE, compare=False)


Condition = Term | Among | Within


@dataclass(frozen=True)
class Query:
    """All of its conditions must hold; without any, every recipe is found."""

    conditions: tuple[Condition, ...] = ()
