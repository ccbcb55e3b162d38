"""The rows of a table with a line for each model and a column for each benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Fields
from typing import Any, NamedTuple

from mergehub.benchmarks.catalogue import find
from mergehub.lineage_files.names import BadName
from mergehub.result_files import values
from mergehub.result_files.averages import agrees, mean
from mergehub.result_files.headers import cleaned
from mergehub.result_files.mapping import Mapping, ScoreColumn
from mergehub.result_files.models import model_named
from mergehub.result_files.naming import Named, benchmark_named, shots_in, version_of
from mergehub.result_files.rows import Doubtful, Refused, Said, row_of, shown
from mergehub.result_files.scales import HUNDRED, NATURAL, ONE, NotAShare, Scale, raw_of, share

from .cells import BadCell, Score, is_nothing, scores
from .signals import contradiction, flags, signals

Row = Fields[str, Any]
UNITS = {"ones": 1, "millions": 10**6, "billions": 10**9}
LONGEST = {"revision": 200, "architecture": 100, "licence": 100, "base": 500}


class _Column(NamedTuple):
    """A column with scores, and all that is known of them beforehand."""

    name: str
    told: ScoreColumn
    named: Named
    metrics: tuple[str | None, ...]
    scale: Scale
    fields: dict[str, Any]


class Table:
    """A table by its mapping; `rows` gives what each line says."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._columns = [_column(*each, mapping) for each in mapping.benchmarks.items()]
        self._averages = Averages(mapping, self._columns)

    def rows(self, row: Row, line: int) -> Iterator[Said]:
        """The rows of one line, and what is wrong or odd with it."""
        told = row.get(self._mapping.model.column)
        try:
            model = model_named(str(told or ""), self._mapping.model.form)
        except BadName as error:
            if any(not is_nothing(row.get(each.name)) for each in self._columns):
                yield Refused(line, str(error), shown(told or ""))
            return
        shared, odd = self._shared(row)
        shared |= {"model": model, "line": line}
        if odd:
            yield Doubtful(line, odd, shown(model))
        read: dict[str, list[Score]] = {}
        for column in self._columns:
            yield from self._cell(column, row, shared, read)
        yield from self._averages.check(row, read, line, shown(model))

    def _cell(
        self, column: _Column, row: Row, shared: Fields[str, Any], read: dict[str, list[Score]]
    ) -> Iterator[Said]:
        where = shared["line"], shown(shared["model"]), shown(column.name)
        line, model, name = where
        try:
            found = scores(row.get(column.name), self._mapping.decimal)
        except BadCell as error:
            yield Refused(line, str(error), model, name)
            return
        read[column.name] = found
        if len(found) > 1 and len(column.metrics) != len(found):
            yield Doubtful(line, _several(row.get(column.name), found, column), model, name)
            return
        metrics = column.metrics if len(found) > 1 else (column.named.metric,)
        for score, metric in zip(found, metrics, strict=False):
            if metric is None and len(found) > 1:
                continue
            try:
                value, stderr = _value(score, column)
            except NotAShare as error:
                yield Refused(line, str(error), model, name)
                continue
            about = {"metric": metric, "value": value, "stderr": stderr}
            yield row_of({**shared, **column.fields, **about})

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


class Averages:
    """Compares a table's column of averages with the columns that it is the mean of."""

    def __init__(self, mapping: Mapping, columns: list[_Column]) -> None:
        self._average, self._decimal = mapping.average, mapping.decimal
        of = mapping.average.of if mapping.average else ()
        self._sets: list[list[str]] = [list(of)] if of else [[each.name for each in columns]]
        if not of:
            self._sets.append([_normalised_name(each.name) for each in columns])

    def check(
        self, row: Row, read: Fields[str, list[Score]], line: int, model: str
    ) -> Iterator[Doubtful]:
        """A doubt if the average is the mean of none of its sets of columns."""
        if self._average is None:
            return
        stated = _only(row.get(self._average.column), self._decimal)
        if stated is None:
            return
        means = []
        for columns in self._sets:
            parts = [self._part(row, each, read) for each in columns]
            if not parts or any(part is None for part in parts):
                continue
            known = [part for part in parts if part is not None]
            if self._agree(stated, known):
                return
            means.append(mean([part.value for part in known]))
        if means:
            why = f"the average is {stated.value:g}, but the mean of its columns is {means[0]:.6g}"
            yield Doubtful(line, why, model, shown(self._average.column))

    def _part(self, row: Row, column: str, read: Fields[str, list[Score]]) -> Score | None:
        if found := read.get(column):
            return found[0]
        return _only(row.get(column), self._decimal)

    @staticmethod
    def _agree(stated: Score, parts: list[Score]) -> bool:
        """Whether it is their mean, on either scale, but for the rounding."""
        own = max(part.step for part in parts)
        found = [part.value for part in parts]
        factors = (1, 100, 0.01)
        return any(agrees(stated.value * each, found, stated.step * each, own) for each in factors)


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
    metrics = told.metrics or _metrics_in(name, named) or (named.metric,)
    return _Column(name, told, named, metrics, told.scale or mapping.scale or ONE, fields)


def _metrics_in(name: str, named: Named) -> tuple[str | None, ...] | None:
    """The metrics that a header names in the order of its cells: `ARC (acc / acc_norm)`."""
    words = [each.strip(" ()[]").lower() for each in cleaned(name).split("/")]
    if len(words) < 2:
        return None
    words[0] = words[0].rsplit(None, 1)[-1].strip("([")
    known = set(named.known.metrics) if named.known else set()
    usual = {"strict": named.metric, "flexible": f"{named.metric},flexible-extract"}
    found = [each if each in known else usual.get(each) for each in words]
    return tuple(found) if all(found) else None


def _value(score: Score, column: _Column) -> tuple[float, float | None]:
    """The value and its standard error on the scale of the metric."""
    scale = HUNDRED if score.percent else column.scale
    if scale == NATURAL:
        return score.value, score.stderr
    factor = 0.01 if scale == HUNDRED else 1.0
    if column.told.values == "normalised":
        value = raw_of(score.value, scale, column.named)
        factor *= 1 - (column.named.baseline or 0.0)
    else:
        value = share(score.value, scale, column.named)
    return value, None if score.stderr is None else score.stderr * factor


def _several(cell: Any, found: list[Score], column: _Column) -> str:
    return (
        f"not imported: {shown(cell)} has {len(found)} scores, and which metrics they are is not "
        f"said; in the mapping, `metrics` of column {shown(column.name)} says it"
    )


def _normalised_name(column: str) -> str:
    """The column beside a raw one that has its normalised scores: `BBH` for `BBH Raw`."""
    words = [each for each in column.split() if each.lower().strip("()[]") != "raw"]
    return " ".join(words)


def _only(cell: Any, decimal: str | None) -> Score | None:
    try:
        found = scores(cell, decimal)
    except BadCell:
        return None
    return found[0] if len(found) == 1 else None


def _text(row: Row, column: str | None, longest: int) -> str | None:
    cell = row.get(column) if column else None
    if is_nothing(cell):
        return None
    return values.text(cleaned(cell) if isinstance(cell, str) else cell, longest)


def _parameters(row: Row, mapping: Mapping) -> int | None:
    if mapping.parameters is None:
        return None
    return values.parameters(row.get(mapping.parameters.column), UNITS[mapping.parameters.unit])
