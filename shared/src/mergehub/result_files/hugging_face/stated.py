"""Scores as authors state them in metadata, whose scale follows from their company."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mergehub.result_files.naming import Named
from mergehub.result_files.rows import Doubtful, Refused, Said, row_of, shown
from mergehub.result_files.scales import (
    DIGITS,
    HUNDRED,
    NATURAL,
    ONE,
    NotAShare,
    Scale,
    guessed,
    is_natural,
    raw_of,
    share,
)
from mergehub.result_files.tables.averages import is_average
from mergehub.result_files.tables.cells import BadCell, Score, scores

OTHER_SCALE = "is written from 0 to 1, and others of the file are from 0 to 100"


@dataclass(frozen=True)
class Stated:
    """A score as it is written, what it is of, and the other fields of its row.

    `line`: where it is. `group`: what is written alike, such as one source; `normalised`: a guess
    is 0 in it.
    """

    written: Any
    named: Named
    title: str
    fields: Mapping[str, Any]
    line: int | None = None
    group: str = ""
    normalised: bool = False


def rows_of_stated(stated: Iterable[Stated], model: str) -> Iterator[Said]:
    """The rows of scores, each on the scale that most of its group have."""
    read = []
    for each in stated:
        line = each.line
        if is_average(each.title):
            continue
        try:
            found = scores(each.written)
        except BadCell as error:
            yield Refused(line, str(error), shown(model), shown(each.title))
            continue
        if len(found) != 1 or found[0] is None:
            why = f"{shown(each.written) or 'nothing'} is not one score"
            yield Refused(line, why, shown(model), shown(each.title))
            continue
        read.append((each, found[0]))
    scales = _scales(read)
    for each, score in read:
        yield from _row(each, score, scales[each.group], model)


def _row(each: Stated, score: Score, usual: Scale | None, model: str) -> Iterator[Said]:
    where = each.line, shown(model), shown(each.title)
    natural = is_natural(each.title, each.named.metric) and each.named.known is None
    scale: Scale = NATURAL if natural else HUNDRED if score.percent else usual or _alone(score)
    try:
        if each.normalised:
            value = raw_of(score.value, scale, each.named)
        else:
            value = share(score.value, scale, each.named)
    except NotAShare as error:
        yield Refused(where[0], str(error), *where[1:])
        return
    if scale == HUNDRED and not score.percent and 0 < score.value <= 1:
        why = f"{score.value:g} is taken as {score.value:g} of 100, as others of the file are"
        yield Doubtful(where[0], why, *where[1:])
    whole = 100.0 if scale == HUNDRED else 1.0
    if each.normalised:
        whole /= 1 - (each.named.baseline or 0.0)
    stderr = None if score.stderr is None else round(score.stderr / whole, DIGITS)
    named = each.named
    yield row_of({
        "model": model, "line": each.line, "benchmark": named.benchmark, "version": named.version,
        "subtask": named.subtask, "metric": named.metric, "value": value,
        **({"stderr": stderr} if stderr is not None else {}), **each.fields,
    })  # fmt: skip


def _scales(read: list[tuple[Stated, Score]]) -> dict[str, Scale | None]:
    """The scale of each group, by most of its scores that are not written as percentages."""
    groups: dict[str, list[float]] = {}
    for each, score in read:
        groups.setdefault(each.group, []).extend([] if score.percent else [score.value])
    return {group: guessed(found) for group, found in groups.items()}


def _alone(score: Score) -> Scale:
    return ONE if score.value <= 1 else HUNDRED
