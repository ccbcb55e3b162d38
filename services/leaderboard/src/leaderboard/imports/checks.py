"""Checks one row by itself: why it cannot be taken in, and what is odd about it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from leaderboard.imports.measured import UNSTATED, Measured
from mergehub.contracts.lineage_names import composed, fault
from mergehub.contracts.results import ResultRow

NEAR = 0.005
"""By how much a value may differ from another that it should be, for rounding."""


def faults(row: ResultRow, of: Measured) -> Iterator[str]:
    """Why a row cannot be true."""
    if why := fault(composed(row.model)):
        yield why
    if of.share and not 0 <= row.value <= 1:
        yield _outside(row.value, of.measure.metric)
    if of.share and row.stderr is not None and row.stderr > 0.5:
        yield f"a standard error of {row.stderr:g} is impossible for a share of 0 to 1"
    size = row.of if of.items is None else of.items
    if row.count is not None and size is not None and row.count > size:
        yield f"{row.count:,} items were scored, and {of.measure.name} has {size:,}"
    if row.evaluated_on is not None and row.evaluated_on > _tomorrow():
        yield f"{row.evaluated_on} is in the future"
    if row.items and len({each for each, _ in row.items}) < len(row.items):
        yield "the same item is there twice"


def doubts(row: ResultRow, of: Measured) -> Iterator[str]:
    """What is odd about a row that may be true."""
    yield from of.doubts
    if of.measure.metric == UNSTATED and 1 < row.value <= 100:
        yield f"the metric is not stated, and {row.value:g} may be a percentage"
    yield from _of_counts(row, of)
    if row.items:
        yield from _of_items(row)


def _outside(value: float, metric: str) -> str:
    text = f"{value:g} is outside of the range of {metric}, 0 to 1"
    if 1 < value <= 100:
        text += ": it looks like a percentage, so divide by 100 or state the scale in the mapping"
    return text


def _of_counts(row: ResultRow, of: Measured) -> Iterator[str]:
    if row.limited is False and is_limited(row):
        yield f"{row.count:,} of {row.of:,} items are not all, so it is kept as limited"
    if of.share and row.stderr is not None and row.count is not None and row.count > 1:
        largest = math.sqrt(row.value * (1 - row.value) / (row.count - 1))
        if row.stderr > 1.5 * largest + NEAR:
            yield (
                f"a standard error of {row.stderr:g} is too large for {row.count:,} items, "
                f"of which one has at most {largest:.2g}"
            )


def _of_items(row: ResultRow) -> Iterator[str]:
    scores = [score for _, score in row.items or ()]
    mean = math.fsum(scores) / len(scores)
    if abs(mean - row.value) > NEAR:
        yield f"the mean of its items is {mean:.4g}, not {row.value:.4g}"
    if row.count is not None and row.count != len(scores):
        yield f"it has the scores of {len(scores):,} items, not of {row.count:,}"


def is_limited(row: ResultRow) -> bool:
    """Whether a row says that it is of fewer items than the benchmark has."""
    fewer = row.count is not None and row.of is not None and row.count < row.of
    return bool(row.limited) or fewer


def _tomorrow() -> date:
    return (datetime.now(UTC) + timedelta(days=1)).date()
