"""Explain why a text is not YAML, with the line of the error and a mark below the place."""

from __future__ import annotations

import re
from typing import NamedTuple, Self

import yaml

from mergehub.recipe.faults import Fault, printable

from .odd_characters import odd_character

# The characters that YAML allows in a stream.
_NOT_PRINTABLE = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# An expression whose brackets, commas or backslashes YAML reads as its own.
_FILTER = re.compile(r"filter:[ \t]*\"?/")
_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
"""The characters that end a line for the parser."""
_BEFORE, _AFTER = 50, 20
_HELP = {
    "did not find expected '-' indicator": "indent the items of a list alike, and so the keys of "
    "an item",
    "did not find expected key": "indent it as far as the keys beside it",
    "mapping values are not allowed in this context": "put text with a colon in quotes; if it is "
    "a key, indent it as far as the keys beside it",
}
"""What to do about problems of the parser."""
_BEGUN = {
    "could not find expected ':'": "write a colon after the name {where}",
    "found unexpected end of stream": "close the quotation mark {where}",
    "did not find expected ',' or ']'": "close the bracket {where} with ], or write a comma",
    "did not find expected ',' or '}'": "close the brace {where} with }}, or write a comma",
}
"""The same, if it is about something that begins before."""


def not_text(text: str) -> Fault | None:
    """Return the fault of the first character that YAML does not allow, or None."""
    found = _NOT_PRINTABLE.search(text)
    if found is None:
        return None
    problem = f"the character U+{ord(found.group()):04X} is not allowed in YAML"
    return _Place.of(text, found.start()).fault(problem)


def syntax_fault(error: yaml.YAMLError, text: str) -> Fault:
    """Return the fault that the parser found in a text."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be parsed"
    if mark is None:
        return Fault("", "yaml", f"this is not valid YAML: {problem}")
    place = _Place.of(text, mark.index)
    # A sign that YAML does not know as one joins its line and the next into one text.
    for line in range(place.line, max(-1, place.line - 2), -1):
        if odd := odd_character(place.lines[line]):
            return _Place(place.lines, line, odd.column).fault(odd.problem, odd.hint)
    return place.fault(problem, place.hint() or _help(error, problem, text))


def _help(error: yaml.YAMLError, problem: str, text: str) -> str | None:
    """What to do about a problem of the parser."""
    begun = getattr(error, "context_mark", None)
    if begun is not None and problem in _BEGUN:
        return _BEGUN[problem].format(where=_Place.of(text, begun.index).where())
    return _HELP.get(problem)


class _Place(NamedTuple):
    """A line and a column of a text, both from 0."""

    lines: list[str]
    line: int
    column: int

    @classmethod
    def of(cls, text: str, index: int) -> Self:
        """Return the place of a character, with lines counted as the parser counts them."""
        before = _BREAK.split(text[:index])
        return cls(_BREAK.split(text), len(before) - 1, len(before[-1]))

    def fault(self, problem: str, hint: str | None = None) -> Fault:
        message = f"this is not valid YAML {self.where()}: {problem}\n{self._shown()}"
        return Fault("", "yaml", message, hint, self.line + 1)

    def where(self) -> str:
        return f"at line {self.line + 1}, column {self.column + 1}"

    def _shown(self) -> str:
        """Return the part of the line around the column, with a mark below the column."""
        start = max(0, self.column - _BEFORE)
        piece = self.lines[self.line][start : self.column + _AFTER]
        return f"  {printable(piece)}\n  {' ' * (self.column - start)}^"

    def hint(self) -> str | None:
        """What to do about something that is often wrong in such a line."""
        line = self.lines[self.line]
        if "\t" in line[: self.column + 1]:
            return "indent with spaces: YAML does not allow tabs"
        if _FILTER.search(line):
            return "put the regular expression in single quotes: filter: '/…/'"
        return None
