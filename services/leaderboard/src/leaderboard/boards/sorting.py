"""The orders in which a board's rows are listed, and where a page begins in one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

import numpy as np

from leaderboard.boards.standing import Board, Order, ordered
from leaderboard.memory.arrays import Flags, Numbers, Values
from mergehub.kit.problems.problem import FieldFault, Invalid
from mergehub.recipe.faults import did_you_mean

SORTS = ("mean", "name", "size", "date", "uplift")
"""Besides the benchmarks. Scores have the best first, dates the newest, sizes the smallest."""

FEW = 16
"""Of so many rows, one is few."""


class Place(NamedTuple):
    """Where a row is in an order, if its key does not change: what a cursor holds."""

    without: int
    key: float
    name: str
    precision: str


def sorts(board: Board) -> list[str]:
    """What the board can be sorted by, also with a leading hyphen."""
    return [*SORTS, *(each.column.benchmark for each in board.columns)]


def check(board: Board, sort: str) -> None:
    """Raise Invalid unless the board can be sorted by this."""
    known = sorts(board)
    if sort.removeprefix("-") not in known:
        fault = FieldFault(
            pointer="/query/sort",
            code="unknown_sort",
            detail=f"must be one of {', '.join(known)}, or one of these with a leading hyphen",
            suggestion=did_you_mean(sort, known),
        )
        raise Invalid("Not valid: /query/sort.", errors=[fault])


def order(board: Board, sort: str) -> Order:
    """The rows in an order; a leading hyphen reverses it. Rows without a value come last."""
    if sort == "mean":
        return board.by_mean
    kept: dict[str, Order] = board.__dict__.setdefault("orders", {})
    if sort not in kept:
        other = sort.removeprefix("-")
        found = ordered(_keys(board, sort)) if other == sort else order(board, other).reversed()
        kept[sort] = found
    return kept[sort]


def sorted_by(board: Board) -> tuple[str, ...]:
    """What the board was sorted by so far, besides its means."""
    return tuple(board.__dict__.get("orders", ()))


def chosen(found: Order, kept: Flags) -> Numbers:
    """The rows that are kept, in this order. A few are sorted anew, which takes less time."""
    few = np.flatnonzero(kept)
    if len(few) > len(kept) // FEW:
        return found.rows[kept[found.rows]]
    return few[np.argsort(found.keys[few], kind="stable")].astype(np.int32)


def _keys(board: Board, sort: str) -> Values:
    """What each row is sorted by, from low to high; NaN: unknown."""
    models = board.facts.models
    if sort == "mean":
        return -board.mean
    if sort == "name":
        return _of_names(board)
    if sort == "size":
        return models.parameters[board.models]
    if sort == "date":
        days = models.made_on[board.models].astype(np.float64)
        return np.where(days < 0, np.nan, -days)
    if sort == "uplift":
        return -board.uplift
    names = [each.column.benchmark for each in board.columns]
    return -board.value(names.index(sort))


def _of_names(board: Board) -> Values:
    """The place of each row's name among those of the board; rows of one model share it."""
    models = board.models
    new = np.ones(len(models), np.bool_)
    new[1:] = models[1:] != models[:-1]
    return np.cumsum(new).astype(np.float64)


def after(board: Board, found: Order, rows: Numbers, place: Place, sort: str) -> int:
    """How many of `rows`, which are in this order, come before the end of `place`."""
    own = _between(board, (place.name.lower(), place.name, place.precision))
    key = place.key
    if sort.removeprefix("-") == "name":  # its number may have changed
        key = _number_of_name(board, place.name) * (-1 if sort.startswith("-") else 1)

    def key_of(row: int) -> tuple[bool, float, float]:
        return _key(found, int(row))

    return bisect_right(rows, (bool(place.without), key, own), key=key_of)


def place(board: Board, found: Order, row: int) -> Place:
    """The place of a row, for a cursor."""
    without, key, _ = _key(found, row)
    _, name, precision = _text_of(board, row)
    return Place(int(without), key, name, precision)


def _key(found: Order, row: int) -> tuple[bool, float, float]:
    key = float(found.keys[row])
    return (True, 0.0, float(row)) if key != key else (False, key, float(row))


def _text_of(board: Board, row: int) -> tuple[str, str, str]:
    """What the board's own order is by."""
    facts = board.facts
    name = facts.name(int(board.models[row]))
    precision = facts.variants.precision[board.variants[row]]
    return name.lower(), name, facts.codes.precision[precision]


def _between(board: Board, text: tuple[str, ...]) -> float:
    """The place of a row in the board's own order; if it is gone, between those beside it."""

    def text_of(row: int) -> tuple[str, ...]:
        return _text_of(board, row)

    at = bisect_left(range(len(board)), text, key=text_of)
    there = at < len(board) and _text_of(board, at) == text
    return float(at) if there else at - 0.5


def _number_of_name(board: Board, name: str) -> float:
    """The key of a name in the order by names; if it is gone, between those beside it."""
    numbers = _of_names(board)
    at = int(_between(board, (name.lower(), name)) + 0.5)  # before all precisions
    if at == len(board):
        return float(np.inf)
    same = _text_of(board, at)[1] == name
    return float(numbers[at]) - (0.0 if same else 0.5)
