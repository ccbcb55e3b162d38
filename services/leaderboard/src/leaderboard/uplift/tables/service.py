"""The table of uplift, and the merges behind a cell of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leaderboard.boards.filtering.masks import kept, together
from leaderboard.boards.service import Asked
from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Flags
from leaderboard.memory.parents import INGREDIENT
from leaderboard.statistics.families import verdict
from leaderboard.statistics.intervals import normal
from leaderboard.uplift.answers import number, told
from leaderboard.uplift.tables import schemas
from leaderboard.uplift.tables.cells import Cell
from leaderboard.uplift.tables.gains import Against
from leaderboard.uplift.tables.table import SEVERAL, UNKNOWN, BoardGains, Table, merges, table
from mergehub.kit.paging.pages import PageRequest

WITH: dict[Against, str] = {
    "best": "its best ingredient",
    "mean": "the mean of its ingredients",
    "base": "the base that all its ingredients go back to",
}
HOW = (
    "A merge's mean on the board minus that of {other}, in points, if both have all of the board's "
    "benchmarks; in the same precision where there is one. The two scores count as independent: "
    "their standard errors add up as a root sum of squares."
)


@dataclass(frozen=True)
class Question:
    """A board with filters, and what its merges are compared with."""

    asked: Asked
    against: Against

    def board(self) -> tuple[Board, Flags]:
        """The board, and which rows the filters keep."""
        board = self.asked.kept().board
        masks = kept(board, self.asked.filters, self.asked.boards.search)
        return board, together(masks, len(board))


async def uplift_table(question: Question, most: int) -> schemas.UpliftTable:
    """The table of at most so many bases."""

    def made() -> schemas.UpliftTable:
        board, rows = question.board()
        return _table(question, board, table(board, question.against, rows, most))

    return await asyncio.to_thread(made)


def _table(question: Question, board: Board, found: Table) -> schemas.UpliftTable:
    return schemas.UpliftTable(
        board=question.asked.named.name,
        as_of=board.facts.as_of,
        against=question.against,
        rows=list(found.methods),
        columns=list(found.bases),
        cells=[
            schemas.CellGain(method=method, base=base, **_gain(cell))
            for (method, base), cell in found.cells.items()
        ],
        by_method=[
            schemas.MethodGain(method=method, **_gain(cell))
            for method, cell in found.by_method.items()
        ],
        by_base=[
            schemas.BaseGain(base=base, **_gain(cell)) for base, cell in found.by_base.items()
        ],
        total=schemas.GroupGain(**_gain(found.all)) if found.all else None,
        omitted=found.omitted,
        how=HOW.format(other=WITH[question.against]),
    )


def _gain(cell: Cell) -> dict[str, Any]:
    return asdict(cell) | {"low": number(cell.low), "high": number(cell.high)}


async def merges_behind(
    question: Question, method: str | None, base: str | None, paging: PageRequest
) -> schemas.MergeGains:
    """A page of the merges of a cell, a row or a column. Raises BadCursor."""
    after = paging.after(float, int)

    def made() -> schemas.MergeGains:
        board, rows = question.board()
        found = merges(board, question.against, rows, method, base)
        begin = _begin(found, after) if after else 0
        some = list(range(begin, min(begin + paging.rows, len(found.row))))
        shown, next_cursor = paging.cut(some, lambda at: _place(found, at))
        return schemas.MergeGains(
            items=_merges(question, board, found, shown),
            next_cursor=next_cursor,
            board=question.asked.named.name,
            as_of=board.facts.as_of,
            against=question.against,
            matching=len(found.row),
        )

    return await asyncio.to_thread(made)


def _place(found: BoardGains, at: int) -> tuple[float, int]:
    return float(found.gained.value[at]), int(found.gained.model[at])


def _begin(found: BoardGains, after: tuple[float, int]) -> int:
    """How many merges come before the end of a place, or are there."""
    value, model = after
    gained = found.gained
    before = (gained.value > value) | ((gained.value == value) & (gained.model <= model))
    return int(np.count_nonzero(before))


def _merges(
    question: Question, board: Board, found: BoardGains, some: Sequence[int]
) -> list[schemas.MergeGain]:
    facts, items = board.facts, []
    for at in some:
        model, row = int(found.gained.model[at]), int(found.row[at])
        value, score = float(found.gained.value[at]), float(board.mean[row])
        gain = normal(value, float(found.gained.error[at]))
        base = int(found.base[at])
        items.append(
            schemas.MergeGain(
                model=facts.name(model),
                precision=facts.codes.precision[int(facts.variants.precision[board.variants[row]])],
                method=facts.codes.method[int(found.method[at])] or UNKNOWN,
                base=SEVERAL if base < 0 else facts.name(base),
                others=_others(board, model, base, question.against),
                score=score,
                other_score=score - value,
                gain=told(gain),
                verdict=verdict(gain),
            )
        )
    return items


def _others(board: Board, model: int, base: int, against: Against) -> list[str]:
    facts, parents = board.facts, board.facts.models.parents
    if against == "base":
        return [facts.name(base)]
    rows = parents.of(model)
    ingredients = parents.model[rows][parents.role[rows] == INGREDIENT]
    return sorted({facts.name(each) for each in ingredients.tolist()})
