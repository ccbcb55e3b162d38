"""The text of a query as pieces with their places: conditions on fields, words and phrases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from registry.search.language.faults import Wrong
from registry.search.query import Span

QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"'})
"""Quotation marks as editors make them, and what they mean here."""
_SPACE = re.compile(r"\s+")
_FIELD = re.compile(r"(?P<name>[^\W\d][\w.-]*)(?P<sign>:?(?:<=|>=|[<>=≤≥])|:)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BARE_VALUE = re.compile(r'[^\s",]+')
_BARE_WORD = re.compile(r'[^\s"]+')
_SIGNS = {"≤": "<=", "≥": ">=", "=": ":"}


@dataclass(frozen=True)
class Value:
    """A value of a condition, without its quotes."""

    text: str
    place: Span


@dataclass(frozen=True)
class Piece:
    """A condition on a field (`name` and `sign`), or words (neither); `place` is all of it."""

    name: str | None
    sign: str
    values: tuple[Value, ...]
    negated: bool
    goes_on: bool
    place: Span


class Misplaced(Wrong):
    """Text that is not a piece, with its place. The text after it can still be read."""

    def __init__(self, code: str, detail: str, place: Span, suggestion: str | None = None) -> None:
        super().__init__(code, detail, suggestion)
        self.place = place


def pieces(text: str) -> Iterator[Piece | Misplaced]:
    """The pieces of a text in order, and what is no piece."""
    scanner = _Scanner(text.translate(QUOTES))
    while not scanner.at_end():
        try:
            yield scanner.piece()
        except Misplaced as fault:
            yield fault


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def at_end(self) -> bool:
        self._take(_SPACE)
        return self._at == len(self._text)

    def piece(self) -> Piece:
        """The piece here, which is not empty. Raises Misplaced."""
        start = self._at
        negated = self._skip("-")
        field = self._take(_FIELD)
        if field is not None:
            name, sign = field["name"], field["sign"].lstrip(":") or ":"
            values = tuple(self._values(name))
            place = self._from(start)
            return Piece(name.lower(), _SIGNS.get(sign, sign), values, negated, False, place)
        if self._text.startswith("(", self._at) and _FIELD.match(self._text, self._at + 1):
            at = Span(self._at, 1)
            self._at += 1
            raise Misplaced("parenthesis", "the language has no parentheses", at, "leave it out")
        value = self._quoted() or self._bare(_BARE_WORD)
        if value is None:
            return Piece(None, "", (), negated, False, self._from(start))
        goes_on = self._skip("*") or value.text.endswith("*")
        return Piece(None, "", (value,), negated, goes_on, self._from(start))

    def _values(self, name: str) -> Iterator[Value]:
        """One value, or several with commas between them."""
        while True:
            value = self._quoted() or self._bare(_BARE_VALUE)
            if value is None:
                before = Span(self._at - 1, 1)
                detail = f"{name} has no value after this character; a space must not follow it"
                raise Misplaced("missing_value", detail, before)
            yield value
            if not self._skip(","):
                return

    def _quoted(self) -> Value | None:
        """The text in quotes that begins here. Raises Misplaced if the quotes are not closed."""
        start = self._at
        if not self._text.startswith('"', start):
            return None
        found = self._take(_QUOTED)
        if found is None:
            self._at = len(self._text)
            detail = "the quotation mark is not closed"
            raise Misplaced("unclosed_quote", detail, self._from(start), "add one at the end")
        return Value(_ESCAPED.sub(r"\1", found[1]), self._from(start))

    def _bare(self, pattern: re.Pattern[str]) -> Value | None:
        start = self._at
        found = self._take(pattern)
        return Value(found[0], self._from(start)) if found else None

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return found

    def _skip(self, character: str) -> bool:
        found = self._text.startswith(character, self._at)
        self._at += found
        return found

    def _from(self, start: int) -> Span:
        return Span(start, self._at - start)
