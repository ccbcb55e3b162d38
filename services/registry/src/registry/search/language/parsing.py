"""Reads a query that a person wrote."""

from __future__ import annotations

from collections.abc import Iterator

from registry.search.language.conditions import condition, field_of
from registry.search.language.faults import MOST_FAULTS, QueryError, QueryFault
from registry.search.language.scanning import Misplaced, Piece, pieces
from registry.search.query import Condition, Query, Span, Term
from registry.search.words import words_of

LONGEST = 1000
MOST_CONDITIONS = 32
MOST_WORDS = 64
"""So many words all terms have together."""
_OPERATORS = {
    "AND": "all conditions must hold anyway; leave it out",
    "OR": "write the values of one field with commas, as in method:ties,dare_ties",
    "NOT": "write a hyphen before the condition, as in -tag:nsfw",
}


def parsed(text: str) -> Query:
    """The query that a text means. Raises QueryError, which lists what is wrong with it."""
    if len(text) > LONGEST:
        detail = f"must have at most {LONGEST} characters; it has {len(text)}"
        raise QueryError([QueryFault("too_long", detail, Span(LONGEST, len(text) - LONGEST))])
    reader = _Reader()
    for piece in pieces(text):
        reader.take(piece)
        if reader.too_many or len(reader.faults) == MOST_FAULTS:
            break
    if reader.faults:
        raise QueryError(reader.faults)
    return Query(tuple(dict.fromkeys(reader.conditions)))


def readable(text: str) -> Query:
    """The conditions of a text that can be read, without those that cannot."""
    reader = _Reader()
    for piece in pieces(text[:LONGEST]):
        reader.take(piece)
    return Query(tuple(dict.fromkeys(reader.conditions[:MOST_CONDITIONS])))


class _Reader:
    """Gathers the conditions of a text and its faults."""

    def __init__(self) -> None:
        self.conditions: list[Condition] = []
        self.faults: list[QueryFault] = []
        self.too_many = False
        self._words = 0

    def take(self, piece: Piece | Misplaced) -> None:
        try:
            if isinstance(piece, Misplaced):
                raise piece
            self.conditions += self._conditions(piece)
            self._check_size(piece.place)
        except Misplaced as fault:
            self.faults.append(QueryFault(fault.code, fault.detail, fault.place, fault.suggestion))

    def _conditions(self, piece: Piece) -> Iterator[Condition]:
        if piece.name is None:
            yield from self._term(piece)
        else:
            yield condition(field_of(piece), piece)

    def _term(self, piece: Piece) -> Iterator[Term]:
        """The term of a piece, unless it has no letter and no digit."""
        for value in piece.values:
            if value.text in _OPERATORS and value.place.length == len(value.text):
                detail = f"{value.text} is not part of the language"
                raise Misplaced("operator", detail, value.place, _OPERATORS[value.text])
            words = words_of(value.text)
            self._words += len(words)
            if words:
                yield Term(words, piece.negated, piece.goes_on, piece.place)

    def _check_size(self, place: Span) -> None:
        """Raises Misplaced, once, where the text has become too long."""
        conditions = len(self.conditions) > MOST_CONDITIONS
        if self.too_many or not (conditions or self._words > MOST_WORDS):
            return
        self.too_many = True
        most = f"{MOST_CONDITIONS} conditions" if conditions else f"{MOST_WORDS} words"
        raise Misplaced("too_many", f"a query has at most {most}", place, "leave out the rest")
