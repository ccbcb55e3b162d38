"""Reads a query that a program gives as parameters, one for each field.

A value is what follows a field's colon in a text, but without quotes and commas: a field with
several values is given several times. A hyphen before a word negates it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from registry.search.language.conditions import condition, field_of, within
from registry.search.language.faults import QueryError, QueryFault, Wrong
from registry.search.language.fields import FIELDS, Field
from registry.search.language.named import value_of
from registry.search.language.parsing import parsed
from registry.search.language.scanning import Misplaced, Piece, pieces
from registry.search.query import Among, Condition, Query, Span, Within

PARAMETER = "parameter"
"""The parameter that holds conditions on parameters of merge methods, such as `density<0.5`."""
_SIGNED = re.compile(r"(<=|>=|[<>=:≤≥])?(.*)", re.DOTALL)
_SIGNS = {"≤": "<=", "≥": ">=", "=": ":", None: ":"}


def query_of(text: str, given: Mapping[str, Sequence[str]]) -> Query:
    """The query of a text and of parameters, all of whose conditions must hold.

    Raises QueryError, which lists what is wrong with any of them.
    """
    faults: list[QueryFault] = []
    conditions: list[Condition] = []
    try:
        conditions += parsed(text).conditions
    except QueryError as error:
        faults += error.faults
    for field in FIELDS:
        conditions += _conditions(field, given.get(field.name, ()), faults)
    for at, each in enumerate(given.get(PARAMETER, ())):
        try:
            conditions.append(_on_parameter(each))
        except Misplaced as fault:
            faults.append(_fault((PARAMETER, at), fault, fault.place))
    if faults:
        raise QueryError(faults)
    return Query(tuple(dict.fromkeys(conditions)))


def _conditions(
    field: Field, texts: Sequence[str], faults: list[QueryFault]
) -> Iterator[Condition]:
    """At most one condition that holds and one that does not; what is wrong goes to `faults`."""
    found: dict[bool, set[str]] = {False: set(), True: set()}
    for at, text in enumerate(texts):
        try:
            if field.is_number:
                yield _number(field, text)
            else:
                found[text.startswith("-")].add(value_of(field, text.removeprefix("-")))
        except Wrong as fault:
            where = (field.name, at) if len(texts) > 1 else (field.name,)
            faults.append(_fault(where, fault, Span(0, len(text))))
    for negated, values in found.items():
        if values:
            yield Among(field.name, tuple(sorted(values)), negated)


def _number(field: Field, text: str) -> Within:
    signed = _SIGNED.fullmatch(text.strip())
    assert signed is not None
    sign = _SIGNS.get(signed[1], signed[1])
    return within(field, sign, signed[2])


def _on_parameter(text: str) -> Within:
    """A condition on the parameter of a method. Raises Misplaced."""
    found = list(pieces(text))
    if len(found) != 1 or (isinstance(found[0], Piece) and found[0].name is None):
        detail = "must be one condition on a parameter of a merge method, as in density<0.5"
        raise Misplaced("not_a_condition", detail, Span(0, len(text)))
    [piece] = found
    if isinstance(piece, Misplaced):
        raise piece
    field = field_of(piece)
    read = condition(field, piece)
    if not field.is_parameter or isinstance(read, Among):
        detail = f"{field.name} is a parameter of its own: {field.name}=…"
        raise Misplaced("not_a_condition", detail, piece.place)
    return read


def _fault(where: tuple[str | int, ...], fault: Wrong, place: Span) -> QueryFault:
    return QueryFault(fault.code, fault.detail, place, fault.suggestion, where)
