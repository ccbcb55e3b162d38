"""Which rows of a board each filter keeps. Their ranks stay those of the whole board."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from leaderboard.boards.filtering.filters import Filters
from leaderboard.boards.filtering.names import Search
from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Codes16, Flags
from mergehub.columns.codes import UNKNOWN, Codes, codes_of, sets_with

BILLION = 1e9
FEW_CODES = 8


def kept(board: Board, filters: Filters, search: Search) -> dict[str, Flags]:
    """For each filter that is set, which rows it keeps."""
    return {name: MASKS[name](board, filters, search) for name in filters.active()}


def together(masks: Mapping[str, Flags], size: int) -> Flags:
    """Which rows all of them keep."""
    rows = np.ones(size, np.bool_)
    for mask in masks.values():
        rows &= mask
    return rows


Mask = Callable[[Board, Filters, Search], Flags]


def _coded(codes: Codes, column: Codes16, wanted: tuple[str, ...]) -> Flags:
    """Which rows have one of these texts."""
    return _among(column, codes_of(codes, wanted))


def _among(column: Codes16, codes: Sequence[int]) -> Flags:
    """Which rows have one of these codes. To compare is much faster than to look up."""
    if len(codes) > FEW_CODES:
        table = np.zeros(1 + max(int(column.max(initial=0)), *codes), np.bool_)
        table[codes] = True
        return table[column]
    rows = np.zeros(len(column), np.bool_)
    for code in codes:
        rows |= column == code
    return rows


def _q(board: Board, filters: Filters, search: Search) -> Flags:
    return search.containing(board.facts.models, filters.q or "")[board.models]


def _model(board: Board, filters: Filters, search: Search) -> Flags:
    found = [board.facts.models.find(name) for name in filters.model or ()]
    wanted = np.zeros(len(board.facts.models), np.bool_)
    wanted[[at for at in found if at is not None]] = True
    return wanted[board.models]


def _base(board: Board, filters: Filters, search: Search) -> Flags:
    models = board.facts.models
    wanted = np.zeros(len(models), np.bool_)
    for name in filters.base or ():
        at = models.find(name)
        if at is not None:
            wanted |= models.parents.descendants(at)
    return wanted[board.models]


def _text_of_model(name: str) -> Mask:
    def mask(board: Board, filters: Filters, search: Search) -> Flags:
        codes = getattr(board.facts.codes, name)
        return _coded(codes, board.of_models(name), getattr(filters, name))

    return mask


def _domain(board: Board, filters: Filters, search: Search) -> Flags:
    codes, wanted = board.facts.codes.domains, filters.domain or ()
    sets = sets_with(codes, wanted) + [0] * (UNKNOWN in wanted)
    return _among(board.of_models("domains"), sets)


def _precision(board: Board, filters: Filters, search: Search) -> Flags:
    return _coded(board.facts.codes.precision, board.precision, filters.precision or ())


def _size_min(board: Board, filters: Filters, search: Search) -> Flags:
    assert filters.size_min is not None
    rows: Flags = board.of_models("parameters") >= filters.size_min * BILLION
    return rows


def _size_max(board: Board, filters: Filters, search: Search) -> Flags:
    assert filters.size_max is not None
    rows: Flags = board.of_models("parameters") <= filters.size_max * BILLION
    return rows


def _since(board: Board, filters: Filters, search: Search) -> Flags:
    assert filters.since is not None
    rows: Flags = board.of_models("made_on") >= max(filters.since, 0)
    return rows


def _until(board: Board, filters: Filters, search: Search) -> Flags:
    assert filters.until is not None
    days = board.of_models("made_on")
    rows: Flags = (days >= 0) & (days <= filters.until)
    return rows


def _merged(board: Board, filters: Filters, search: Search) -> Flags:
    rows: Flags = board.of_models("merged") == filters.merged
    return rows


def _flagged(board: Board, filters: Filters, search: Search) -> Flags:
    rows: Flags = (board.of_models("flags") > 0) == filters.flagged
    return rows


MASKS: dict[str, Mask] = {
    "q": _q,
    "model": _model,
    "method": _text_of_model("method"),
    "base": _base,
    "family": _text_of_model("family"),
    "domain": _domain,
    "precision": _precision,
    "licence": _text_of_model("licence"),
    "size_min": _size_min,
    "size_max": _size_max,
    "since": _since,
    "until": _until,
    "merged": _merged,
    "flagged": _flagged,
}
