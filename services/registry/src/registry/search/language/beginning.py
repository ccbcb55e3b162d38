"""A search as far as a person has written it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from registry.search.language.fields import BY_NAME, Field
from registry.search.language.parsing import readable
from registry.search.language.printing import value_printed
from registry.search.query import Query

_LAST = re.compile(
    r"""(?:(?<=\s)|^)(?P<sign>-?)(?:(?P<name>[^\W\d][\w.-]*):)?"""
    r"""(?P<others>(?:[^\s",]*,)*)"?(?P<beginning>[^\s",]*)$"""
)


@dataclass(frozen=True)
class Begun:
    """What comes before the last word, and the beginning of that word.

    With a `field`, it is the beginning of one of its values.
    """

    before: Query
    beginning: str
    field: str | None
    head: str
    """The text up to the last word, its hyphen included."""

    def with_value(self, field: str, value: str) -> str:
        """The text that goes on with a value of a field."""
        return f"{self.head}{field}:{value_printed(value)} "

    def with_field(self, field: Field) -> str:
        """The text that goes on with a field, whose value comes next."""
        return f"{self.head}{field.name}:"


def begun(text: str) -> Begun:
    """What a text begins; what cannot be read of it counts for nothing."""
    last = _LAST.search(text)
    if last is None:  # a quotation mark or a comma has nothing before it
        return Begun(readable(text), "", None, text)
    before, head = text[: last.start()], text[: last.start()] + last["sign"]
    name = last["name"]
    if name is None:
        return Begun(readable(before), last["others"] + last["beginning"], None, head)
    field = BY_NAME.get(name.lower())
    return Begun(readable(before), last["beginning"], field.name if field else name, head)
