"""The condition that a piece of a query's text asks of a field."""

from __future__ import annotations

from dataclasses import asdict

from mergehub.recipe.faults import did_you_mean, excerpt
from registry.search.language.bounds import Bounds, bounds
from registry.search.language.faults import Wrong
from registry.search.language.fields import (
    BY_NAME,
    FIELDS,
    Field,
    field_named,
    parameters,
    word_parameters,
)
from registry.search.language.named import value_of
from registry.search.language.scanning import Misplaced, Piece
from registry.search.query import NOWHERE, Among, Span, Within

MOST_VALUES = 50
_REPRODUCED, _NEVER = Bounds(low=1), Bounds(high=0)


def field_of(piece: Piece) -> Field:
    """The field that a piece names. Raises Misplaced."""
    assert piece.name is not None
    field = field_named(piece.name)
    if field is not None:
        return field
    place = Span(piece.place.offset + piece.negated, len(piece.name))
    if piece.name in word_parameters():
        detail = f"{piece.name} is a parameter with words; only those with numbers can be searched"
        raise Misplaced("unknown_field", detail, place)
    raise Misplaced(
        "unknown_field",
        f"{excerpt(piece.name)} is not a field; the fields are "
        f"{', '.join(each.name for each in FIELDS)} and the parameters of merge methods",
        place,
        did_you_mean(piece.name, (*BY_NAME, *parameters()))
        or "put it in quotes to search for its words",
    )


def condition(field: Field, piece: Piece) -> Among | Within:
    """The condition of a piece on a field. Raises Misplaced."""
    if not field.is_number:
        return _among(field, piece)
    value, *others = piece.values
    if others:
        detail = f"{field.name} takes one value or a range, as in {field.example}"
        raise Misplaced("several_values", detail, others[0].place)
    try:
        return within(field, piece.sign, value.text, negated=piece.negated, place=piece.place)
    except Wrong as fault:
        raise _at(value.place, field, fault) from None


def within(
    field: Field, sign: str, text: str, *, negated: bool = False, place: Span = NOWHERE
) -> Within:
    """The condition that a number is within the bounds that a value gives. Raises Wrong."""
    found = bounds(field, sign, text)
    if field.name == "reproduced":
        found = _REPRODUCED if found.low else _NEVER
        return Within("reproductions", None, **asdict(found), negated=negated, place=place)
    name, parameter = ("parameter", field.name) if field.is_parameter else (field.name, None)
    return Within(name, parameter, **asdict(found), negated=negated, place=place)


def _among(field: Field, piece: Piece) -> Among:
    if piece.sign != ":":
        detail = f"{field.name} has no order; write a colon, as in {field.example}"
        raise Misplaced("no_order", detail, piece.place)
    if len(piece.values) > MOST_VALUES:
        detail = f"{field.name} has at most {MOST_VALUES} values"
        raise Misplaced("too_many", detail, piece.values[MOST_VALUES].place)
    found = set()
    for value in piece.values:
        try:
            found.add(value_of(field, value.text))
        except Wrong as fault:
            raise _at(value.place, field, fault) from None
    return Among(field.name, tuple(sorted(found)), piece.negated, piece.place)


def _at(place: Span, field: Field, fault: Wrong) -> Misplaced:
    return Misplaced(fault.code, f"{field.name} {fault.detail}", place, fault.suggestion)
