"""What is known of merges like those that are recommended."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import numpy as np

from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Flags
from leaderboard.memory.parents import INGREDIENT
from leaderboard.uplift.tables.cells import Cell, cells
from leaderboard.uplift.tables.table import BoardGains, of_board

Amount = Literal["plenty", "some", "little", "none"]
ENOUGH_OF_A_METHOD = 5
SOME, PLENTY = 5, 30
MOST_KIN = 3


def similar(board: Board, base: int) -> BoardGains:
    """What merges on the base gained over their best ingredients."""
    related = board.facts.models.parents.descendants(base)
    return of_board(board, "best").kept(related[board.models])


def best_method(found: BoardGains) -> tuple[int, Cell] | None:
    """The method that lifts most for certain: the highest low end of the mean gain.

    Only methods with enough merges count; None without any.
    """
    of_methods = cells(found.gained, found.keys(by_method=True, by_base=False))
    known = {
        key >> 32: cell
        for key, cell in of_methods.items()
        if key >> 32 and cell.merges >= ENOUGH_OF_A_METHOD
    }
    return max(known.items(), key=lambda each: (each[1].low, -each[0]), default=None)


def of_all(found: BoardGains) -> Cell | None:
    """All of them together."""
    return cells(found.gained, found.keys(by_method=False, by_base=False)).get(0)


def kin(board: Board, found: BoardGains, ingredients: Collection[int]) -> list[int]:
    """Merges that have one of the ingredients, by their places; those with most of them first."""
    parents = board.facts.models.parents
    mine: Flags = (parents.role == INGREDIENT) & np.isin(parents.model, list(ingredients))
    shared = np.bincount(parents.child[mine], minlength=len(board.facts.models))[found.gained.model]
    order = np.lexsort((-found.gained.value, -shared))
    return [at for at in order[:MOST_KIN].tolist() if shared[at]]


def amount(merges: int, groups: int) -> Amount:
    """How much evidence there is, in a word."""
    if not groups:
        return "none"
    if merges >= PLENTY:
        return "plenty"
    return "some" if merges >= SOME else "little"
