"""The table of uplift: for each method and base, how many merges gained, and how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Codes16, Flags, Integers, Numbers
from leaderboard.uplift.tables.cells import Cell, cells
from leaderboard.uplift.tables.gains import Against, Gains, Standing, bases, gains

SEVERAL = "several"
"""The column of merges whose ingredients go back to different models."""
UNKNOWN = "unknown"
"""The row of merges whose method is not known."""


@dataclass(frozen=True, eq=False)
class BoardGains:
    """What the merges of a board gained; `method` and `base` (-1: several) are those of each."""

    gained: Gains
    method: Codes16
    base: Numbers
    row: Numbers
    """The row on the board of each merge."""

    def kept(self, rows: Flags) -> BoardGains:
        """Those whose rows on the board are kept."""
        mine = rows[self.row]
        gained = self.gained
        few = Gains(gained.model[mine], gained.row[mine], gained.value[mine], gained.error[mine])
        return BoardGains(few, self.method[mine], self.base[mine], self.row[mine])

    def keys(self, *, by_method: bool, by_base: bool) -> Integers:
        """A number for each merge, equal for those of one cell, row or column."""
        method = self.method.astype(np.int64) if by_method else np.zeros(len(self.method), np.int64)
        base = self.base.astype(np.int64) + 1 if by_base else np.zeros(len(self.base), np.int64)
        return method << 32 | base


def of_board(board: Board, against: Against) -> BoardGains:
    """The gains on a board; they are computed once for each state of it."""
    kept: dict[Against, BoardGains] = board.__dict__.setdefault("gains", {})
    if against not in kept:
        rows = np.flatnonzero(~np.isnan(board.mean)).astype(np.int32)
        standing = Standing(board.variants[rows], board.mean[rows], board.error[rows])
        gained, models = gains(board.facts, standing, against), board.facts.models
        base = bases(models.parents)[gained.model]
        kept[against] = BoardGains(gained, models.method[gained.model], base, rows[gained.row])
    return kept[against]


@dataclass(frozen=True)
class Table:
    """Rows and columns by how many merges they have, and the cells that have some.

    `by_method`, `by_base` and `all` have the same numbers of whole rows, columns and everything.
    """

    methods: Sequence[str]
    bases: Sequence[str]
    cells: Mapping[tuple[str, str], Cell]
    by_method: Mapping[str, Cell]
    by_base: Mapping[str, Cell]
    all: Cell | None
    omitted: int
    """Columns that are not shown."""


def table(board: Board, against: Against, rows: Flags, most: int) -> Table:
    """The table of those merges whose rows on the board are kept; the `most` used bases."""
    mine = of_board(board, against).kept(rows)
    named = _Names(board)
    grouped = {
        (by_method, by_base): cells(mine.gained, mine.keys(by_method=by_method, by_base=by_base))
        for by_method, by_base in ((True, True), (True, False), (False, True), (False, False))
    }
    of_bases = _most_used({named.base(key): each for key, each in grouped[False, True].items()})
    shown = dict(list(of_bases.items())[:most])
    of_methods = _most_used({named.method(key): each for key, each in grouped[True, False].items()})
    every = {
        (named.method(key), named.base(key)): each for key, each in grouped[True, True].items()
    }
    return Table(
        methods=list(of_methods),
        bases=list(shown),
        cells={key: each for key, each in every.items() if key[1] in shown},
        by_method=of_methods,
        by_base=shown,
        all=grouped[False, False].get(0),
        omitted=len(of_bases) - len(shown),
    )


def _most_used(of: Mapping[str, Cell]) -> dict[str, Cell]:
    return dict(sorted(of.items(), key=lambda each: (-each[1].merges, each[0])))


class _Names:
    """The names that the keys of cells stand for."""

    def __init__(self, board: Board) -> None:
        self._facts = board.facts

    def method(self, key: int) -> str:
        return self._facts.codes.method[key >> 32] or UNKNOWN

    def base(self, key: int) -> str:
        base = (key & 0xFFFFFFFF) - 1
        return SEVERAL if base < 0 else self._facts.models.names[base]


def merges(
    board: Board, against: Against, rows: Flags, method: str | None, base: str | None
) -> BoardGains:
    """The merges of a cell, a row or a column, those that gained most first."""
    mine = of_board(board, against).kept(rows)
    wanted = np.ones(len(mine.row), np.bool_)
    if method is not None:
        wanted &= mine.method == _code(board, method)
    if base is not None:
        found = None if base == SEVERAL else board.facts.models.find(base)
        wanted &= mine.base == (-1 if base == SEVERAL else -2 if found is None else found)
    at = np.flatnonzero(wanted)
    at = at[np.lexsort((mine.gained.model[at], -mine.gained.value[at]))]
    gained = mine.gained
    few = Gains(gained.model[at], gained.row[at], gained.value[at], gained.error[at])
    return BoardGains(few, mine.method[at], mine.base[at], mine.row[at])


def _code(board: Board, method: str) -> int:
    code = board.facts.codes.method.find("" if method == UNKNOWN else method)
    return -1 if code is None else code
