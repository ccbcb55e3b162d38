"""Rows of a board as an answer has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from leaderboard.boards.choosing import definition_of
from leaderboard.boards.column_scores import ColumnScores
from leaderboard.boards.standing import Board, Ranks
from leaderboard.memory.arrays import Flags, Numbers, Values
from leaderboard.memory.keys import SOURCES
from leaderboard.statistics.intervals import ALPHA, z
from mergehub.columns.codes import members_of

EPOCH = date(1970, 1, 1)
MOST_ROOTS = 20
DIGITS = 6
"""Of what is computed; more would be noise of the arithmetic."""

Row = dict[str, Any]


def columns(board: Board) -> list[Row]:
    """The columns, with the conditions that their scores share."""
    return [
        {
            "benchmark": each.column.benchmark,
            "title": known.title if known else each.column.benchmark,
            "version": each.shown["version"],
            "subtask": None,
            "metric": each.shown["metric"],
            "shots": each.shown["shots"],
            "chat_template": each.shown["chat_template"],
            "weight": each.column.weight,
            "baseline": round(scores.scale.guess, DIGITS),
            "domains": list(known.domains) if known else [],
            "models": len(scores),
        }
        for each, scores in zip(board.columns, board.scores, strict=True)
        for known in [definition_of(each.column.benchmark)]
    ]


def rows(board: Board, some: Numbers, ranks: Ranks | None) -> list[Row]:
    """What an answer says of some rows."""
    if not len(some):
        return []
    cells = [_cells(scores, at[some]) for scores, at in zip(board.scores, board.at, strict=True)]
    scores = _scores(board, cells, len(some))
    means = _means(board, cells, some)
    uplift = _numbers(board.uplift[some])
    told = zip(_models(board, some), _ranks(board, some, ranks), means, uplift, scores, strict=True)
    return [
        {
            "rank": rank,
            **model,
            "mean": mean,
            "uplift": lift,
            "scores": own,
            "missing": [
                each.column.benchmark for each in board.columns if each.column.benchmark not in own
            ],
        }
        for model, rank, mean, lift, own in told
    ]


class _Cells:
    """Scores of some rows in a column: values and ends of intervals, NaN where there is none."""

    def __init__(self, value: Values, low: Values, high: Values, told: list[Row | None]) -> None:
        self.value, self.low, self.high, self.told = value, low, high, told


def _cells(scores: ColumnScores, at: Numbers) -> _Cells:
    has = at >= 0
    if not len(scores):
        nothing = np.full(len(at), np.nan)
        return _Cells(nothing, nothing, nothing, [None] * len(at))
    where = np.where(has, at, 0)
    results, value = scores.results, np.where(has, scores.value[where], np.nan)
    low, high = (np.where(has, end, np.nan) for end in _intervals(scores, where))
    texts = zip(
        has.tolist(),
        _numbers(value),
        _numbers(low),
        _numbers(high),
        results.value[where].tolist(),
        results.source[where].tolist(),
        results.result[where].tolist(),
        strict=True,
    )
    told = [
        {
            "value": value,
            "low": low,
            "high": high,
            "raw": raw,
            "source": SOURCES[source],
            "result": result,
        }
        if there
        else None
        for there, value, low, high, raw, source, result in texts
    ]
    return _Cells(value, low, high, told)


def _intervals(scores: ColumnScores, at: Numbers) -> tuple[Values, Values]:
    """Wilson's where items are right or wrong or no error is known, else value ± z · error.

    E. B. Wilson (1927), JASA 22, 209-212; see `leaderboard.statistics.intervals.wilson`.
    """
    results, reach = scores.results, z(ALPHA)
    p, n = results.value[at], results.count[at].astype(np.float64)
    by_share: Flags = (n > 0) & (results.binary[at] | np.isnan(results.stderr[at]))
    by_share &= ~scores.by_part[at]
    n = np.where(n > 0, n, 1.0)
    square = reach**2 / n
    centre = (p + square / 2) / (1 + square)
    half = reach * np.sqrt(p * (1 - p) / n + square / (4 * n)) / (1 + square)
    wilson = (
        np.maximum(0, np.minimum(p, centre - half)),
        np.minimum(1, np.maximum(p, centre + half)),
    )
    error = reach * results.stderr[at]
    of_value = [scores.scale.of(end) for end in (p - error, p + error)]
    parts = reach * scores.error[at]
    of_parts = [scores.value[at] - parts, scores.value[at] + parts]
    low, high = (
        np.where(by_share, scores.scale.of(own), np.where(scores.by_part[at], part, whole))
        for own, whole, part in zip(wilson, of_value, of_parts, strict=True)
    )
    return low, high


def _scores(board: Board, cells: Sequence[_Cells], size: int) -> list[Row]:
    names = [each.column.benchmark for each in board.columns]
    found: list[Row] = [{} for _ in range(size)]
    for name, column in zip(names, cells, strict=True):
        for row, told in zip(found, column.told, strict=True):
            if told is not None:
                row[name] = told
    return found


def _means(board: Board, cells: Sequence[_Cells], some: Numbers) -> list[Row | None]:
    """The means, with the intervals of `leaderboard.statistics.intervals.combine`."""
    total = sum(each.column.weight for each in board.columns) or 1.0
    below, above = np.zeros(len(some)), np.zeros(len(some))
    for column, each in zip(board.columns, cells, strict=True):
        share = column.column.weight / total
        below += (share * (each.value - each.low)) ** 2
        above += (share * (each.high - each.value)) ** 2
    mean = board.mean[some]
    ends = zip(
        _numbers(mean),
        _numbers(mean - np.sqrt(below)),
        _numbers(mean + np.sqrt(above)),
        strict=True,
    )
    return [
        None if value is None else {"value": value, "low": low, "high": high}
        for value, low, high in ends
    ]


def _ranks(board: Board, some: Numbers, ranks: Ranks | None) -> list[Row | None]:
    """Places, with the ends of their intervals as far as they are computed."""
    places, variants = board.places[some], board.variants[some]
    best, worst = np.zeros(len(some), np.int32), np.zeros(len(some), np.int32)
    if ranks is not None:
        known = variants < len(ranks.best)
        best[known], worst[known] = ranks.best[variants[known]], ranks.worst[variants[known]]
    return [
        {"place": place, "best": low or None, "worst": high or None} if place else None
        for place, low, high in zip(places.tolist(), best.tolist(), worst.tolist(), strict=True)
    ]


def _models(board: Board, some: Numbers) -> list[Row]:
    """What is known of the model of each row."""
    facts, models, codes = board.facts, board.facts.models, board.facts.codes
    told = []
    for row in some.tolist():
        variant = int(board.variants[row])
        model = int(facts.variants.model[variant])
        parameters, day = float(models.parameters[model]), int(models.made_on[model])
        told.append(
            {
                "model": models.names[model],
                "revision": facts.variants.revisions[variant] or None,
                "precision": codes.precision[facts.variants.precision[variant]] or None,
                "merged": bool(models.merged[model]) if models.known[model] else None,
                "method": codes.method[models.method[model]] or None,
                "base": bases(board, model),
                "family": codes.family[models.family[model]] or None,
                "parameters": int(parameters) if parameters == parameters else None,
                "licence": codes.licence[models.licence[model]] or None,
                "domains": members_of(codes.domains[models.domains[model]]),
                "flags": members_of(codes.flags[models.flags[model]]),
                "claimed": models.claims(model),
                "made_on": (EPOCH + timedelta(day)).isoformat() if day >= 0 else None,
            }
        )
    return told


def bases(board: Board, model: int) -> list[str]:
    """The ancestors without parents of a model, by name; none of a model without parents."""
    starts, roots = board.facts.models.parents.roots
    own = roots[starts[model] : starts[model + 1]][:MOST_ROOTS]
    return sorted(board.facts.name(int(root)) for root in own if root != model)


def _numbers(values: Values) -> list[float | None]:
    return [None if each != each else each for each in np.round(values, DIGITS).tolist()]
