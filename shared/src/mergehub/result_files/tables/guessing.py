"""A mapping for a table without one, from the names of its columns and its first rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Fields
from typing import Any, NamedTuple

from mergehub.result_files.headers import bare, cleaned
from mergehub.result_files.mapping import Mapping, ScoreColumn
from mergehub.result_files.naming import Named, benchmark_named
from mergehub.result_files.scales import HUNDRED, NATURAL, guessed, is_natural

from .averages import is_average
from .cells import BadCell, Score, is_nothing, scores, uses_comma
from .column_names import ABOUT, ERRORS, FLAGS, MERGED, MODEL, NO_BENCHMARKS, NO_SCORES, SIZES
from .signals import signals

Row = Fields[str, Any]
_METRICS = re.compile(r"(?P<title>[^/]+?)[\s(\[]+(?P<metrics>[\w@]+(?:\s*/\s*[\w@]+){0,5})[)\]]?")
"""A benchmark's title with its metrics after it: `ARC (acc / acc_norm)`."""
MOSTLY = 0.6
"""The share of a column's cells that must be scores."""


class Guess(NamedTuple):
    """A mapping, and what was assumed to make it, in words."""

    mapping: Mapping
    notes: list[str]


class _Column(NamedTuple):
    name: str
    named: Named
    scores: list[Score]
    metrics: tuple[str, ...] = ()


def guess(columns: Sequence[str], rows: Sequence[Row]) -> Guess | str:
    """The mapping of a table, or why there is none."""
    by_bare: dict[str, str] = {}
    for column in columns:
        by_bare.setdefault(bare(column), column)
    model = next((by_bare[each] for each in MODEL if each in by_bare), None)
    if model is None:
        return "no column is called like one with the names of models, such as Model"
    told: dict[str, Any] = {"model": model, **_about(by_bare, model)}
    used = _used(told)
    decimal = "," if uses_comma(row.get(each) for row in rows for each in columns) else None
    found = list(_score_columns([each for each in columns if each not in used], rows, decimal))
    if not found:
        return "no column has the scores of a benchmark"
    told |= {"decimal": decimal, "average": _average(columns)}
    told["benchmarks"], notes = _benchmarks(found)
    for column, of in _errors(columns, told["benchmarks"]).items():
        told["benchmarks"][of]["stderr"] = column
    told["merged"] = _merged(told.get("merged"), rows, told, notes)
    return Guess(Mapping.of({key: value for key, value in told.items() if value}), notes)


def _about(by_bare: Fields[str, str], model: str) -> dict[str, Any]:
    """What the columns beside the scores are, by their names."""
    found: dict[str, Any] = {}
    for field, names in ABOUT.items():
        column = next((by_bare[each] for each in names if each in by_bare), None)
        if column is not None and column != model:
            found[field] = column
    for name, unit in SIZES.items():
        if name in by_bare and "parameters" not in found:
            found["parameters"] = {"column": by_bare[name], "unit": unit}
    for name, inverted in MERGED.items():
        if name in by_bare and "merged" not in found:
            found["merged"] = {"column": by_bare[name], "inverted": inverted}
    found["flags"] = {
        by_bare[name]: {"flag": flag, "inverted": inverted}
        for name, (flag, inverted) in FLAGS.items()
        if name in by_bare
    }
    return found


def _used(told: Fields[str, Any]) -> set[str]:
    used = set(told["flags"])
    for value in told.values():
        if isinstance(value, str):
            used.add(value)
        elif isinstance(value, dict) and "column" in value:
            used.add(value["column"])
    return used


def _score_columns(
    columns: Iterable[str], rows: Sequence[Row], decimal: str | None
) -> Iterable[_Column]:
    """The columns most of whose cells are scores, and which are called like a benchmark."""
    for column in columns:
        if bare(column) in NO_BENCHMARKS or is_average(cleaned(column)):
            continue
        _, named, metrics = _titled(column)
        cells = [row.get(column) for row in rows if not is_nothing(row.get(column))]
        read = [each for cell in cells if (each := _read(cell, decimal))]
        known = named is not None and named.known is not None
        if ERRORS.fullmatch(column) or (not known and NO_SCORES.search(cleaned(column))):
            continue
        if named and cells and (known or len(read) >= MOSTLY * len(cells)):
            yield _Column(column, named, [score for each in read for score in each], metrics)


def _read(cell: Any, decimal: str | None) -> list[Score]:
    try:
        return [each for each in scores(cell, decimal) if each]
    except BadCell:
        return []


def _without_kind(name: str) -> tuple[str, str | None]:
    """A column's name without the word `raw` or `normalised`, and that word."""
    words = name.split()
    for place, word in enumerate(words):
        lowered = word.lower().strip("()[]")
        if lowered in ("raw", "normalised", "normalized", "norm"):
            rest = " ".join(words[:place] + words[place + 1 :])
            return rest or name, "raw" if lowered == "raw" else "normalised"
    return name, None


def _titled(column: str) -> tuple[str, Named | None, tuple[str, ...]]:
    """A column's title, what it stands for, and the metrics that it names after it."""
    title, _ = _without_kind(cleaned(column))
    named = benchmark_named(title)
    found = _METRICS.fullmatch(title)
    if found is None or (named and named.known):
        return title, named, ()
    short = benchmark_named(found["title"])
    if short is None or short.known is None:
        return title, named, ()
    usual = {"strict": short.metric, "flexible": f"{short.metric}:flexible-extract"}
    words = [each.strip().lower() for each in found["metrics"].split("/")]
    metrics = [each if each in short.known.metrics else usual.get(each) for each in words]
    if all(metrics):
        return found["title"], short, tuple(each for each in metrics if each)
    return title, named, ()


def _average(columns: Iterable[str]) -> str | None:
    return next((each for each in columns if is_average(cleaned(each))), None)


def _benchmarks(found: Sequence[_Column]) -> tuple[dict[str, Any], list[str]]:
    """The columns with scores: of a raw and a normalised one side by side, the raw one."""
    notes: list[str] = []
    raw = {each.named[:3] for each in found if _without_kind(cleaned(each.name))[1] == "raw"}
    mapped: dict[str, Any] = {}
    for each in found:
        kind = _without_kind(cleaned(each.name))[1]
        if kind != "raw" and each.named[:3] in raw:
            notes.append(f"column {each.name} is not read, as another has its raw scores")
            continue
        mapped[each.name] = _score_column(each, kind, notes)
    return mapped, notes


def _score_column(column: _Column, kind: str | None, notes: list[str]) -> dict[str, Any]:
    named, written = column.named, cleaned(column.name)
    scale = guessed(each.value for each in column.scores if not each.percent)
    if is_natural(written):
        scale = NATURAL
    elif named.known is None and scale == HUNDRED and not _fits(column.scores):
        scale = NATURAL
        notes.append(f"column {column.name} has scores beyond 100, which are taken as they are")
    told: dict[str, Any] = {"benchmark": named.benchmark, "scale": scale}
    if named.known:
        told |= {"version": named.version, "subtask": named.subtask, "metric": named.metric}
    if len(column.metrics) == 1:
        told["metric"] = column.metrics[0]
    elif column.metrics:
        told["metrics"] = column.metrics
        told.pop("metric")
    if kind == "normalised" or (kind is None and _below_a_guess(column, scale)):
        told["values"] = "normalised"
        notes.append(
            f"column {column.name} is taken for normalised scores, in which a guess is 0"
            + ("" if kind else ", since many are far below what a guess scores")
        )
    return ScoreColumn.model_validate(told).model_dump(mode="json", exclude_defaults=True)


def _errors(columns: Iterable[str], benchmarks: Iterable[str]) -> dict[str, str]:
    """The columns with standard errors, and the columns that they are of."""
    by_bare = {bare(each): each for each in benchmarks}
    found = ((each, match) for each in columns if (match := ERRORS.fullmatch(each)))
    return {each: by_bare[of] for each, match in found if (of := bare(match["of"])) in by_bare}


def _fits(found: Sequence[Score]) -> bool:
    return all(-1e-9 <= each.value <= 100 + 1e-9 for each in found)


def _below_a_guess(column: _Column, scale: str | None) -> bool:
    """Whether a tenth of the scores or more are below half of what a guess scores."""
    baseline = column.named.baseline
    if not baseline or not column.scores or scale == NATURAL:
        return False
    limit = baseline / 2 * (100 if scale == HUNDRED else 1)
    percent = [each.value if not each.percent or scale == HUNDRED else each.value / 100
               for each in column.scores]  # fmt: skip
    low = sum(value < limit and (scale != HUNDRED or value > 1 or value == 0) for value in percent)
    return low * 10 >= len(column.scores)


def _merged(
    told: dict[str, Any] | None, rows: Sequence[Row], whole: Fields[str, Any], notes: list[str]
) -> dict[str, Any] | None:
    """The column about merges; inverted if it says the opposite of type and tags mostly."""
    if told is None:
        return None
    mapping = Mapping.of({
        "model": whole["model"], "benchmarks": whole["benchmarks"], "merged": told,
        "type": whole.get("type"), "tags": whole.get("tags"),
    })  # fmt: skip
    agree = against = 0
    for row in rows:
        own, *others = [each.merged for each in signals(row, mapping)] or [False]
        if others and told["column"] in row:
            agree += sum(each == own for each in others)
            against += sum(each != own for each in others)
    if against >= 5 and against > 4 * agree:
        notes.append(f"column {told['column']} says the opposite of type and tags: taken inverted")
        return told | {"inverted": not told["inverted"]}
    return told
