"""Compares a table's column of averages with the columns that it is the mean of."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Fields
from typing import Any

from mergehub.result_files.mapping import Mapping
from mergehub.result_files.rows import Doubtful, shown

from .averages import agrees, mean
from .cells import BadCell, Score, scores

MOST_DIFFERING = 20
NEVER = (
    "no average so far is the mean of the columns that are read, so the others are not compared; "
    "`of` of the average in the mapping names its columns"
)
SCALES = (1, 100, 0.01)
"""By how much an average and its columns may differ in scale."""


class Averages:
    """The columns that an average may be of: those that are stated, or all raw or normalised."""

    def __init__(self, mapping: Mapping) -> None:
        self._average, self._decimal = mapping.average, mapping.decimal
        self._agreed, self._differing = False, 0
        if mapping.average and mapping.average.of:
            self._sets = [list(mapping.average.of)]
        else:
            columns = list(mapping.benchmarks)
            self._sets = [columns, [_normalised_name(each) for each in columns]]

    def check(self, row: Fields[str, Any], line: int, model: str) -> Iterator[Doubtful]:
        """A doubt if the average of a line is the mean of none of the sets of columns."""
        stated = self._score(row, self._average.column) if self._average else None
        if self._average is None or stated is None or self._gives_up:
            return
        means = []
        for columns in self._sets:
            found = [self._score(row, each) for each in columns]
            parts = [part for part in found if part]
            if len(parts) < len(found):
                continue
            if _agree(stated, parts):
                self._agreed = True
                return
            means.append(mean([part.value for part in parts]))
        if means:
            self._differing += 1
            why = f"the average is {stated.value:g}, but the mean of its columns is {means[0]:.6g}"
            yield Doubtful(line, why, model, shown(self._average.column))
            if self._gives_up:
                yield Doubtful(line, NEVER, "", shown(self._average.column))

    @property
    def _gives_up(self) -> bool:
        """Whether so many averages differ, and none agrees, that they are of something else."""
        return not self._agreed and self._differing >= MOST_DIFFERING

    def _score(self, row: Fields[str, Any], column: str) -> Score | None:
        """The only score of a cell."""
        try:
            found = scores(row.get(column), self._decimal)
        except BadCell:
            return None
        return found[0] if len(found) == 1 else None


def _agree(stated: Score, parts: list[Score]) -> bool:
    """Whether it is their mean, on either scale, but for the rounding."""
    own = max(part.step for part in parts)
    found = [part.value for part in parts]
    return any(agrees(stated.value * each, found, stated.step * each, own) for each in SCALES)


def _normalised_name(column: str) -> str:
    """The column beside a raw one that has its normalised scores: `BBH` for `BBH Raw`."""
    words = [each for each in column.split() if each.lower().strip("()[]") != "raw"]
    return " ".join(words)
