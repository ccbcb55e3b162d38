"""Compares up to six models on a board."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards.choosing import definition_of
from leaderboard.boards.service import Asked
from leaderboard.boards.standing import Board
from leaderboard.facts import item_scores
from leaderboard.memory.keys import SOURCES
from leaderboard.statistics import differences, intervals
from leaderboard.statistics.differences import Difference
from leaderboard.statistics.intervals import ALPHA
from leaderboard.uplift import answers
from leaderboard.uplift.comparison import judge
from leaderboard.uplift.precisions import preference
from leaderboard.uplift.schemas import Difference as ToldDifference
from leaderboard.uplift.schemas import Interval
from leaderboard.uplift.service import NoResults, found
from leaderboard.uplift.several import schemas
from leaderboard.uplift.several.sides import Items, Side, difference
from mergehub.kit.problems.problem import FieldFault, Invalid

Row = Sequence[Side | None]
"""The scores of all models in one column."""
NOWHERE = -1


async def comparison(
    session: AsyncSession, asked: Asked, names: Sequence[str]
) -> schemas.ModelComparison:
    """The models of these names, each compared with the first. Raises NoResults, Invalid."""
    models = [(name, await found(session, asked.facts, name)) for name in names]
    for name, model in models:
        if model is None:
            raise NoResults(f"No full result of {name!r} is known.")
    _check_once([model for _, model in models], names)
    board = (await asyncio.to_thread(asked.kept)).board
    rows = [_row(board, model) for _, model in models if model is not None]
    sides = [_sides(board, column, rows) for column in range(len(board.columns))]
    results = [side.result for row in sides if row[0] for side in row if side]
    items = await item_scores.read(session, results)

    def told() -> schemas.ModelComparison:
        numbers = [model for _, model in models if model is not None]
        return _told(asked, board, numbers, rows, sides, items)

    return await asyncio.to_thread(told)


def _check_once(models: Sequence[int | None], names: Sequence[str]) -> None:
    """Raise Invalid if two names are of one model, which would be compared with itself."""
    faults = [
        FieldFault(
            pointer="/query/model",
            code="repeated_model",
            detail=f"{name!r} is there twice: give each model once",
            suggestion=None,
        )
        for at, name in enumerate(names)
        if models[at] in models[:at]
    ]
    if faults:
        raise Invalid("Not valid: /query/model.", errors=faults)


def _row(board: Board, model: int) -> int:
    """The row of a model with scores in most columns, and of those the preferred precision's."""
    rows = np.flatnonzero(board.models == model).tolist()

    def order(row: int) -> tuple[int, int]:
        return -sum(at[row] != NOWHERE for at in board.at), preference(_precision(board, row))

    return min(rows, key=order, default=NOWHERE)


def _precision(board: Board, row: int) -> str:
    facts = board.facts
    return facts.codes.precision[int(facts.variants.precision[board.variants[row]])]


def _sides(board: Board, column: int, rows: Sequence[int]) -> list[Side | None]:
    places = [NOWHERE if row == NOWHERE else int(board.at[column][row]) for row in rows]
    return [None if at == NOWHERE else Side(board.scores[column], at) for at in places]


def _told(
    asked: Asked,
    board: Board,
    models: Sequence[int],
    rows: Sequence[int],
    sides: Sequence[Row],
    items: Items,
) -> schemas.ModelComparison:
    found = [_differences(row, items) for row in sides]
    weights = [each.column.weight for each in board.columns]
    names = [each.column.benchmark for each in board.columns]
    domains = _domains(names)
    means = {domain: _mean(sides, found, weights, columns) for domain, columns in domains.items()}
    rows_told = _judged(found)
    judged = {
        domain: rows_told[columns[0]] if len(columns) == 1 else told
        for (domain, columns), told in zip(
            domains.items(), _judged([each for _, each in means.values()]), strict=True
        )
    }
    every = _mean(sides, found, weights, range(len(names)))
    return schemas.ModelComparison(
        board=asked.named.name,
        as_of=board.facts.as_of,
        models=[_model(board, model, row) for model, row in zip(models, rows, strict=True)],
        benchmarks=_benchmarks(board, sides, rows_told),
        domains=[
            schemas.DomainComparison(
                domain=domain,
                benchmarks=[names[at] for at in domains[domain]],
                scores=scores,
                differences=judged[domain],
            )
            for domain, (scores, _) in means.items()
        ],
        mean=schemas.MeanComparison(
            benchmarks=names, scores=every[0], differences=_judged([every[1]])[0]
        ),
    )


def _differences(row: Row, items: Items) -> list[Difference | None]:
    """Each model minus the first; none for the first itself."""
    first = row[0]
    return [
        None if place == 0 or first is None or side is None else difference(side, first, items)
        for place, side in enumerate(row)
    ]


def _judged(families: Sequence[Sequence[Difference | None]]) -> list[list[ToldDifference | None]]:
    """The differences of each column; those of one model are judged together."""
    told: list[list[ToldDifference | None]] = [[None] * len(row) for row in families]
    of_models = [
        [(at, each) for at, row in enumerate(families) if (each := row[model]) is not None]
        for model in range(len(families[0]) if families else 0)
    ]
    every = judge([[each for _, each in mine] for mine in of_models])
    for model, (mine, own) in enumerate(zip(of_models, every, strict=True)):
        for (at, each), judged in zip(mine, own, strict=True):
            told[at][model] = ToldDifference(**answers.difference(each, judged))
    return told


def _domains(names: Sequence[str]) -> Mapping[str, Sequence[int]]:
    """The columns of each domain."""
    found: dict[str, list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        known = definition_of(name)
        for domain in known.domains if known else ():
            found[domain].append(at)
    return dict(sorted(found.items()))


def _mean(
    sides: Sequence[Row],
    found: Sequence[Sequence[Difference | None]],
    weights: Sequence[float],
    columns: Iterable[int],
) -> tuple[list[Interval | None], list[Difference | None]]:
    """The weighted means of the models, and their differences, over some columns."""
    some = list(columns)
    total = sum(weights[at] for at in some)
    shares = [weights[at] / total for at in some]
    scores: list[Interval | None] = []
    means: list[Difference | None] = []
    for model in range(len(sides[0]) if sides else 0):
        own = [side for at in some if (side := sides[at][model]) is not None]
        whole = len(own) == len(some)
        points = zip(shares, (side.points(ALPHA) for side in own), strict=False)
        scores.append(answers.told(intervals.combine(list(points))) if whole and own else None)
        mine = [each for at in some if (each := found[at][model]) is not None]
        complete = len(mine) == len(some) and bool(mine)
        means.append(differences.mean(mine, shares) if complete else None)
    return scores, means


def _model(board: Board, model: int, row: int) -> schemas.ComparedModel:
    facts = board.facts
    return schemas.ComparedModel(
        model=facts.name(model),
        precision="" if row == NOWHERE else _precision(board, row),
        merged=bool(facts.models.merged[model]),
        method=facts.codes.method[int(facts.models.method[model])] or None,
        listed=row != NOWHERE,
    )


def _benchmarks(
    board: Board, sides: Sequence[Row], differences: Sequence[Sequence[ToldDifference | None]]
) -> list[schemas.BenchmarkComparison]:
    told = []
    for column, row, judged in zip(board.columns, sides, differences, strict=True):
        known = definition_of(column.column.benchmark)
        told.append(
            schemas.BenchmarkComparison(
                benchmark=column.column.benchmark,
                title=known.title if known else column.column.benchmark,
                domains=list(known.domains) if known else [],
                weight=column.column.weight,
                scores=[None if side is None else _score(side) for side in row],
                differences=list(judged),
            )
        )
    return told


def _score(side: Side) -> schemas.ComparedScore:
    interval = answers.told(side.points(ALPHA))
    source = SOURCES[int(side.scores.results.source[side.at])]
    return schemas.ComparedScore(
        **interval.model_dump(), raw=side.raw, source=source, result=side.result
    )
