"""A board read in plain Python: slowly, and in another way than the arrays."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from made_facts import Known, Result

from leaderboard.boards.definition import Column


@dataclass
class PlainRow:
    model: str
    revision: str
    precision: str
    scores: dict[str, float]
    mean: float | None
    uplift: float | None = None


def current(results: Sequence[Result]) -> dict[tuple[Any, ...], tuple[int, Result]]:
    """The newest of each variant, setting and source, by their numbers from 1."""
    newest: dict[tuple[Any, ...], tuple[int, Result]] = {}
    for number, each in enumerate(results, 1):
        key = (each.variant, each.setting, each.source)
        if key not in newest or each.when >= newest[key][1].when:
            newest[key] = number, each
    return newest


def rows(
    results: Sequence[Result], known: dict[str, Known], columns: Sequence[Column], verified: bool
) -> list[PlainRow]:
    """The rows of a board in the order of their names and precisions."""
    facts = [each for each in current(results).values() if not verified or each[1].source == 0]
    scores = {column.benchmark: _column(facts, column) for column in columns}
    found = _rows(scores)
    best = defaultdict(list)
    for row in found:
        if row.mean is not None:
            best[row.model].append(row.mean)
    top = {model: max(means) for model, means in best.items()}
    for row in found:
        parents = known[row.model].parents if row.model in known else ()
        if row.mean is not None and parents and all(parent in top for parent in parents):
            row.uplift = row.mean - max(top[parent] for parent in parents)
    return found


def _column(facts: list[tuple[int, Result]], column: Column) -> dict[Any, tuple[int, float]]:
    """The number and the scaled value of each variant in the settings that most variants have."""
    groups: dict[Any, dict[Any, list[tuple[int, Result]]]] = defaultdict(lambda: defaultdict(list))
    for number, each in facts:
        if each.benchmark == column.benchmark and column.shots in (None, "any", each.shots):
            open_shots = each.shots if column.shots is None else ""
            groups[open_shots][each.variant].append((number, each))
        elif each.benchmark == column.benchmark and each.shots is None:
            groups[""][each.variant].append((number, each))
    if not groups:
        return {}

    def weight(group: dict[Any, list[tuple[int, Result]]]) -> tuple[int, int]:
        settings: dict[Any, set[Any]] = defaultdict(set)
        for variant, measured in group.items():
            for _, each in measured:
                settings[each.setting].add(variant)
        newest = max(number for measured in group.values() for number, _ in measured)
        return sum(len(each) for each in settings.values()), newest

    group = max(groups.values(), key=weight)
    chosen = {
        variant: min(measured, key=lambda pair: (pair[1].source, -pair[1].when, -pair[0]))
        for variant, measured in group.items()
    }
    return {
        variant: (number, 100 * each.value)
        for variant, (number, each) in chosen.items()
        if 0 <= each.value <= 1
    }


def _rows(scores: dict[str, dict[Any, tuple[int, float]]]) -> list[PlainRow]:
    variants = {variant for column in scores.values() for variant in column}
    groups: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for variant in variants:
        groups[variant[0], variant[2]].append(variant)

    def complete(variant: Any) -> tuple[int, int]:
        own = [column[variant] for column in scores.values() if variant in column]
        return len(own), max(number for number, _ in own)

    found = []
    for model, precision in sorted(groups, key=lambda pair: (pair[0].lower(), pair[0], pair[1])):
        variant = max(groups[model, precision], key=complete)
        own = {name: column[variant][1] for name, column in scores.items() if variant in column}
        mean = math.fsum(own.values()) / len(scores) if len(own) == len(scores) else None
        found.append(PlainRow(model, variant[1], precision, own, mean))
    return found


def keeps(row: PlainRow, known: dict[str, Known], filters: dict[str, Any]) -> bool:
    """Whether a row is as all filters want it."""
    own = known.get(row.model, Known())

    def is_one(value: str | None, wanted: Sequence[str]) -> bool:
        return (value or "unknown") in wanted

    def ancestors(model: str) -> set[str]:
        parents = known[model].parents if model in known else ()
        return {*parents, *(each for parent in parents for each in ancestors(parent))}

    checks = {
        "q": lambda part: part.lower() in row.model.lower(),
        "model": lambda names: row.model.lower() in {name.lower() for name in names},
        "method": lambda wanted: is_one(own.method, wanted),
        "family": lambda wanted: is_one(own.family, wanted),
        "licence": lambda wanted: is_one(own.licence, wanted),
        "precision": lambda wanted: is_one(row.precision, wanted),
        "domain": lambda wanted: bool(set(own.domains or ("unknown",)) & set(wanted)),
        "base": lambda wanted: bool(ancestors(row.model) & set(wanted)),
        "size_min": lambda size: own.parameters is not None and own.parameters >= size * 1e9,
        "size_max": lambda size: own.parameters is not None and own.parameters <= size * 1e9,
        "since": lambda day: own.made_on is not None and own.made_on >= day,
        "until": lambda day: own.made_on is not None and own.made_on <= day,
        "merged": lambda merged: bool(own.parents) == merged,
        "flagged": lambda flagged: bool(own.flags) == flagged,
    }
    return all(checks[name](wanted) for name, wanted in filters.items())


def ordered(rows: list[PlainRow], known: dict[str, Known], sort: str) -> list[PlainRow]:
    """The rows in an order; those without a value come last."""
    name = sort.removeprefix("-")

    def value(row: PlainRow) -> float | None:
        own = known.get(row.model, Known())
        if name == "name":
            return sorted({each.model.lower() for each in rows}).index(row.model.lower())
        if name == "size":
            return own.parameters
        better = {"mean": row.mean, "date": own.made_on, "uplift": row.uplift}
        found = better[name] if name in better else row.scores.get(name)
        return None if found is None else -round(found, 9)

    turned = -1 if sort.startswith("-") else 1
    with_value = [row for row in rows if value(row) is not None]
    with_value.sort(key=lambda row: turned * value(row))
    return with_value + [row for row in rows if value(row) is None]
