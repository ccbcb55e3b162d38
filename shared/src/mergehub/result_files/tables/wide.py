"""The rows of a table with a line for each model and a column for each benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Fields
from typing import Any, NamedTuple

from mergehub.benchmarks.catalogue import find
from mergehub.lineage_files.names import BadName
from mergehub.result_files import values
from mergehub.result_files.headers import cleaned
from mergehub.result_files.mapping import Mapping, ScoreColumn
from mergehub.result_files.models import variant_named
from mergehub.result_files.naming import Named, benchmark_named, shots_in, version_of
from mergehub.result_files.rows import Doubtful, Refused, Said, row_of, shown
from mergehub.result_files.scales import (
    DIGITS,
    HUNDRED,
    NATURAL,
    ONE,
    NotAShare,
    Scale,
    raw_of,
    share,
)

from .averaging import Averages
from .cells import BadCell, Score, is_nothing, scores
from .signals import contradiction, flags, signals

Row = Fields[str, Any]
UNITS = {"ones": 1, "millions": 10**6, "billions": 10**9}
FEW, FAR = 3, 10
"""Of so many scores from so far on, one up to 1 is no neighbour."""
LONGEST = {"revision": 200, "architecture": 100, "licence": 100, "base": 500}


class _Column(NamedTuple):
    """A column with scores, and all that is known of them beforehand."""

    name: str
    told: ScoreColumn
    named: Named
    metrics: tuple[str | None, ...]
    scale: Scale
    fields: dict[str, Any]

    def metrics_of(self, count: int) -> tuple[str | None, ...] | None:
        """The metrics of a cell with so many scores, or None if they are not known."""
        if count == len(self.metrics):
            return self.metrics
        return (self.told.metric,) if count == 1 and self.told.metric else None


class Table:
    """A table by its mapping and its first lines; `rows` gives what each line says."""

    def __init__(self, mapping: Mapping, first: Sequence[Row]) -> None:
        self._mapping = mapping
        self._columns = [_column(*each, mapping) for each in mapping.benchmarks.items()]
        self._lowest = {each.name: _lowest(each, first, mapping) for each in self._columns}
        self._averages = Averages(mapping)
        self._days_are_odd = False

    def rows(self, row: Row, line: int) -> Iterator[Said]:
        """The rows of one line, and what is wrong or odd with it."""
        told = row.get(self._mapping.model.column)
        try:
            variant = variant_named(str(told or ""), self._mapping.model.form)
        except BadName as error:
            if any(not is_nothing(row.get(each.name)) for each in self._columns):
                yield Refused(line, str(error), shown(told or ""))
            return
        shared, odd = self._shared(row)
        model = variant.name
        shared |= {
            "model": model,
            "line": line,
            "revision": shared["revision"] or variant.revision,
            "precision": shared["precision"] or variant.precision,
        }
        if odd:
            yield Doubtful(line, odd, shown(model))
        if odd := self._odd_day(row, shared["evaluated_on"]):
            yield Doubtful(line, odd, shown(model))
        read = {each.name: self._scores(each.told, row, each.name) for each in self._columns}
        small = self._is_on_other_scale(read)
        for column in self._columns:
            yield from self._cell(column, read[column.name], shared, small)
        yield from self._averages.check(row, line, shown(model))

    def _cell(
        self, column: _Column, read: list[Score | None] | str, shared: Fields[str, Any], small: bool
    ) -> Iterator[Said]:
        """The rows of one cell."""
        where = shown(shared["model"]), shown(column.name)
        if isinstance(read, str):
            yield Refused(shared["line"], read, *where)
            return
        metrics = column.metrics_of(len(read))
        if read and metrics is None:
            yield Doubtful(shared["line"], _several(read, column), *where)
            return
        for score, metric in zip(read, metrics or (), strict=False):
            if score is None or (metric is None and len(read) > 1):
                continue
            try:
                _check_scale(score, column, small, self._lowest[column.name])
                value, stderr = _value(score, column)
            except NotAShare as error:
                yield Refused(shared["line"], str(error), *where)
                continue
            about = {"metric": metric, "value": value, "stderr": stderr}
            yield row_of({**shared, **column.fields, **about})

    def _odd_day(self, row: Row, day: object) -> str | None:
        """What is wrong with the first day that cannot be read; of others it says nothing."""
        cell = row.get(self._mapping.date or "")
        if day is not None or is_nothing(cell) or self._days_are_odd:
            return None
        self._days_are_odd = True
        return (
            f"{shown(cell)} in column {shown(self._mapping.date)} is not a day, as in 2026-11-25: "
            "it is left out, as are others like it"
        )

    def _scores(self, told: ScoreColumn, row: Row, name: str) -> list[Score | None] | str:
        """The scores of a cell, with the standard error that the column beside it has."""
        found = _scores(row.get(name), self._mapping.decimal)
        if told.stderr is None or isinstance(found, str) or len(found) != 1 or found[0] is None:
            return found
        error = _scores(row.get(told.stderr), self._mapping.decimal)
        if isinstance(error, list) and len(error) == 1 and error[0] and error[0].value >= 0:
            return [found[0]._replace(stderr=error[0].value)]
        return found

    def _is_on_other_scale(self, read: Fields[str, list[Score | None] | str]) -> bool:
        """Whether all scores of a line are from 0 to 1, in columns that are from 0 to 100."""
        found = [
            score.value
            for column in self._columns
            if column.scale == HUNDRED and isinstance(told := read[column.name], list)
            for score in told
            if score and score.value and not score.percent
        ]
        return len(found) > 1 and all(0 < value <= 1 for value in found)

    def _shared(self, row: Row) -> tuple[dict[str, Any], str | None]:
        """What a line says of the model and the evaluation, and what contradicts itself in it."""
        mapping = self._mapping
        found = signals(row, mapping)
        claims = {
            "merged": any(each.merged for each in found) if found else None,
            "base": _text(row, mapping.base, LONGEST["base"]),
            "licence": _text(row, mapping.licence, LONGEST["licence"]),
            "architecture": _text(row, mapping.architecture, LONGEST["architecture"]),
            "parameters": _parameters(row, mapping),
            "flags": flags(row, mapping) or None,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        return {
            "revision": _text(row, mapping.revision, LONGEST["revision"]),
            "precision": values.precision(row.get(mapping.precision or "")),
            "chat_template": values.truth(row.get(mapping.chat_template or "")),
            "evaluated_on": values.moment(row.get(mapping.date or "")),
            "harness": mapping.harness,
            "harness_version": mapping.harness_version,
            "claims": told or None,
        }, contradiction(found)


def _column(name: str, told: ScoreColumn, mapping: Mapping) -> _Column:
    named = benchmark_named(told.benchmark) or Named(told.benchmark)
    found = find(told.benchmark)
    if told.version is not None and told.version != named.version:
        known = version_of(found.benchmark, told.version) if found else None
        metric = known.metric if known else None
        named = Named(named.benchmark, told.version, named.subtask, metric, known)
    named = named._replace(
        subtask=told.subtask or named.subtask, metric=told.metric or named.metric
    )
    shots = shots_in(name) if told.shots is None else told.shots
    fields = {
        "benchmark": named.benchmark, "version": named.version, "subtask": named.subtask,
        "shots": shots,
    }  # fmt: skip
    metrics = told.metrics or (named.metric,)
    return _Column(name, told, named, metrics, told.scale or mapping.scale or ONE, fields)


def _scores(cell: Any, decimal: str | None) -> list[Score | None] | str:
    """The scores of a cell, or why it has none."""
    try:
        return scores(cell, decimal)
    except BadCell as error:
        return str(error)


def _lowest(column: _Column, first: Sequence[Row], mapping: Mapping) -> float | None:
    """The lowest score above 1 of a column from 0 to 100, if there are some."""
    if column.scale != HUNDRED:
        return None
    read = (_scores(row.get(column.name), mapping.decimal) for row in first)
    found = [
        score.value
        for told in read
        if isinstance(told, list)
        for score in told
        if score and score.value > 1
    ]
    return min(found) if len(found) >= FEW else None


def _check_scale(score: Score, column: _Column, small: bool, lowest: float | None) -> None:
    """Raises NotAShare if a score is on the scale 0-1 in a column from 0 to 100, it seems."""
    if score.percent or column.scale != HUNDRED or not 0 < score.value <= 1:
        return
    if small:
        raise NotAShare(f"{score.value:g} is as all of its line on the scale 0-1, unlike the rest")
    if lowest is not None and lowest >= FAR:
        raise NotAShare(
            f"{score.value:g} seems to be on the scale 0-1: the rest of its column is from "
            f"{lowest:g} on"
        )


def _value(score: Score, column: _Column) -> tuple[float, float | None]:
    """The value and its standard error on the scale of the metric."""
    scale = HUNDRED if score.percent else column.scale
    if scale == NATURAL:
        return score.value, score.stderr
    whole = 100.0 if scale == HUNDRED else 1.0
    if column.told.values == "normalised":
        value = raw_of(score.value, scale, column.named)
        whole /= 1 - (column.named.baseline or 0.0)
    else:
        value = share(score.value, scale, column.named)
    return value, None if score.stderr is None else round(score.stderr / whole, DIGITS)


def _several(found: list[Score | None], column: _Column) -> str:
    listed = " / ".join(f"{each.value:g}" if each else "-" for each in found)
    name, expected = shown(column.name), len(column.metrics)
    if expected > 1:
        return f"not imported: the cell has {listed}, and column {name} has {expected} metrics"
    return (
        f"not imported: the cell has several scores, {listed}, and which metrics they are is not "
        f"said; `metrics` of column {name} in the mapping names one for each"
    )


def _text(row: Row, column: str | None, longest: int) -> str | None:
    cell = row.get(column) if column else None
    if is_nothing(cell):
        return None
    return values.text(cleaned(cell) if isinstance(cell, str) else cell, longest)


def _parameters(row: Row, mapping: Mapping) -> int | None:
    if mapping.parameters is None:
        return None
    return values.parameters(row.get(mapping.parameters.column), UNITS[mapping.parameters.unit])
