"""The scores of some rows of a board in all its columns at once, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Flags, Numbers, Values
from leaderboard.memory.keys import SOURCES
from leaderboard.statistics.intervals import ALPHA, z

DIGITS = 6
"""Of what is computed; more would be noise of the arithmetic."""
OF_RESULTS = ("count", "binary", "source", "result")

Cell = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Cells:
    """Columns × rows. `has`: there is a score; where there is none, all else says nothing.

    - `raw`, `stderr`, and what is in `of_results`: as in `leaderboard.memory.scores.Scores`.
    - `value`, `error`, `by_part`: as in `ColumnScores`.
    """

    board: Board
    has: Flags
    raw: Values
    stderr: Values
    of_results: dict[str, NDArray[Any]]
    value: Values
    error: Values
    by_part: Flags

    @cached_property
    def ends(self) -> tuple[Values, Values]:
        """Wilson's where items are right or wrong or no error is known, else value ± z · error.

        E. B. Wilson (1927), JASA 22, 209-212; see `leaderboard.statistics.intervals.wilson`.
        """
        p, n, reach = self.raw, self.of_results["count"].astype(np.float64), z(ALPHA)
        by_share: Flags = (n > 0) & (self.of_results["binary"] | np.isnan(self.stderr))
        n = np.where(n > 0, n, 1.0)
        square = reach**2 / n
        centre = (p + square / 2) / (1 + square)
        half = reach * np.sqrt(p * (1 - p) / n + square / (4 * n)) / (1 + square)
        wilson = (
            np.maximum(0, np.minimum(p, centre - half)),
            np.minimum(1, np.maximum(p, centre + half)),
        )
        error, parts = reach * self.stderr, reach * self.error
        low, high = (
            np.where(self.by_part, part, self._on_scale(np.where(by_share, own, whole)))
            for own, whole, part in zip(
                wilson,
                (p - error, p + error),
                (self.value - parts, self.value + parts),
                strict=True,
            )
        )
        return low, high

    def _on_scale(self, values: Values) -> Values:
        scales = zip(self.board.scores, values, strict=True)
        return np.array([scores.scale.of(each) for scores, each in scales]).reshape(values.shape)

    def by_row(self) -> list[dict[str, Cell]]:
        """The scores of each row by their columns."""
        low, high = self.ends
        found: list[dict[str, Cell]] = [{} for _ in range(self.has.shape[1])]
        for at, column in enumerate(self.board.columns):
            texts = zip(
                found,
                self.has[at].tolist(),
                numbers(self.value[at]),
                numbers(low[at]),
                numbers(high[at]),
                self.raw[at].tolist(),
                self.of_results["source"][at].tolist(),
                self.of_results["result"][at].tolist(),
                strict=True,
            )
            name = column.column.benchmark
            for row, has, value, below, above, raw, source, result in texts:
                if has:
                    row[name] = {
                        "value": value,
                        "low": below,
                        "high": above,
                        "raw": raw,
                        "source": SOURCES[source],
                        "result": result,
                    }
        return found


def cells(board: Board, some: Numbers) -> Cells:
    """The scores of some rows."""
    shape = len(board.columns), len(some)
    has = np.zeros(shape, np.bool_)
    raw, stderr, value, error = (np.full(shape, np.nan) for _ in range(4))
    by_part = np.zeros(shape, np.bool_)
    of_results = {name: np.zeros(shape, np.int64) for name in OF_RESULTS}
    of_results["binary"] = of_results["binary"].astype(np.bool_)
    for column, (scores, every) in enumerate(zip(board.scores, board.at, strict=True)):
        at = every[some]
        mine = np.flatnonzero(at >= 0)
        at, results = at[mine], scores.results
        has[column, mine] = True
        raw[column, mine], stderr[column, mine] = results.value[at], results.stderr[at]
        value[column, mine], error[column, mine] = scores.value[at], scores.error[at]
        by_part[column, mine] = scores.by_part[at]
        for name, found in of_results.items():
            found[column, mine] = getattr(results, name)[at]
    return Cells(board, has, raw, stderr, of_results, value, error, by_part)


def means(board: Board, of: Cells, some: Numbers) -> list[Cell | None]:
    """The means, with the intervals of `leaderboard.statistics.intervals.combine`."""
    total = sum(each.column.weight for each in board.columns) or 1.0
    shares = np.array([[each.column.weight / total] for each in board.columns]).reshape(-1, 1)
    low, high = of.ends
    below = ((shares * (of.value - low)) ** 2).sum(axis=0)
    above = ((shares * (high - of.value)) ** 2).sum(axis=0)
    mean = board.mean[some]
    ends = zip(
        numbers(mean),
        numbers(mean - np.sqrt(below)),
        numbers(mean + np.sqrt(above)),
        strict=True,
    )
    return [
        None if value is None else {"value": value, "low": low, "high": high}
        for value, low, high in ends
    ]


def numbers(values: Values) -> list[float | None]:
    """Numbers as an answer shows them; None: unknown."""
    return [None if each != each else each for each in np.round(values, DIGITS).tolist()]
