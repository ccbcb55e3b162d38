"""Writes a query as a text that means it."""

from __future__ import annotations

import re

from registry.search.language.bounds import Bounds, written
from registry.search.language.fields import field_named
from registry.search.language.quantities import write
from registry.search.query import Among, Condition, Query, Term, Within

_BARE = re.compile(r'[^\s",\\“”„]+')


def printed(query: Query) -> str:
    """A text that is parsed to this query."""
    return " ".join(map(_condition, query.conditions))


def _condition(condition: Condition) -> str:
    sign = "-" if condition.negated else ""
    match condition:
        case Term():
            goes_on = "*" if condition.prefix else ""
            return f"{sign}{value_printed(' '.join(condition.words))}{goes_on}"
        case Among():
            values = ",".join(map(value_printed, condition.values))
            return f"{sign}{condition.field}:{values}"
        case Within():
            return sign + _within(condition)


def _within(condition: Within) -> str:
    name = condition.parameter or condition.field
    field = field_named(name)
    kind = field.kind if field else "number"
    bounds = Bounds(condition.low, condition.high, condition.low_open, condition.high_open)
    return name + written(bounds, lambda value: write(kind, value))


def value_printed(text: str) -> str:
    """A value as it stands in a text: in quotes if it needs them."""
    return text if _BARE.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
