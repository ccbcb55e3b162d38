"""What a row measures: a benchmark that the hub knows, or one that the row makes known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from leaderboard.facts.statement import Measure
from mergehub.benchmarks.baselines import Subtask
from mergehub.benchmarks.catalogue import Found, find
from mergehub.benchmarks.definition import Metric, Version

UNSTATED = "score"
"""The metric of a row that states none, of a benchmark without a definition."""
_SHARES = ("acc", "accuracy", "exact_match", "em", "f1", "mc1", "mc2")
_SHARE = re.compile(rf"(.*_)?({'|'.join(_SHARES)})(_.*)?|pass[@_].*")
_RIGHT_OR_WRONG = re.compile(
    r"acc|acc_norm|accuracy|exact_match|em|mc1|pass@1|pass_at_1|prompt_level_.*"
)


@dataclass(frozen=True)
class Measured:
    """A measure and what its scores must be.

    - `items`: the size of a full run, by the definition of the benchmark.
    - `share`: a score is a share, from 0 to 1. `binary`: of items that are right or wrong.
    - `doubts`: what is odd about it.
    """

    measure: Measure
    items: int | None
    share: bool
    binary: bool
    doubts: tuple[str, ...]
    defined: bool


@lru_cache(maxsize=10_000)
def measured(
    benchmark: str, version: str | None, subtask: str | None, metric: str | None
) -> Measured:
    """What these names stand for. Raises ValueError if they name nothing."""
    found = find(benchmark)
    metric = metric.partition(",")[0].strip() if metric else None
    if found is None:
        name = kebab(benchmark)
        if not name:
            raise ValueError(f"{benchmark!r} names no benchmark")
        measure = Measure(name, version or "", subtask or "", metric or UNSTATED)
        return Measured(
            measure, None, _is_share(measure.metric), _is_binary(measure.metric), (), defined=False
        )
    return _defined(found, version, found.subtask or subtask or "", metric)


def kebab(benchmark: str) -> str:
    """The name of a benchmark without a definition; perhaps nothing is left of it."""
    return re.sub(r"[^\w+.]+|_", "-", benchmark.lower()).strip("-.")


def _defined(found: Found, version: str | None, subtask: str, metric: str | None) -> Measured:
    name = found.benchmark.name
    of = next((each for each in found.benchmark.versions if each.version == version), None)
    if of is None and version is None:
        of = found.version
    if of is None:
        measure = Measure(name, version or "", subtask, metric or UNSTATED)
        return Measured(
            measure, None, _is_share(measure.metric), _is_binary(measure.metric), (), defined=True
        )
    measure = Measure(name, of.version, subtask, metric or of.metric)
    known = of.metrics.get(measure.metric)
    return Measured(
        measure,
        _items(of, subtask),
        known is not None or _is_share(measure.metric),
        _is_binary(measure.metric) and not (known and known.of),
        tuple(_doubts(name, of, subtask, metric, known)),
        defined=True,
    )


def _items(of: Version, subtask: str) -> int | None:
    if not subtask:
        return of.items
    part = _parts(of).get(subtask)
    return part.items if part else None


def _parts(of: Version) -> Mapping[str, Subtask]:
    baseline = of.metrics[of.metric].baseline
    return baseline.subtasks if baseline else {}


def _doubts(
    name: str, of: Version, subtask: str, metric: str | None, known: Metric | None
) -> Iterator[str]:
    if known is None:
        have = ", ".join(of.metrics)
        yield f"{name} ({of.version}) has no metric {metric}: it has {have}"
    if subtask and _parts(of) and subtask not in _parts(of):
        yield f"{name} ({of.version}) has no subtask {subtask}"


def _is_share(metric: str) -> bool:
    return _SHARE.fullmatch(metric.lower()) is not None


def _is_binary(metric: str) -> bool:
    return _RIGHT_OR_WRONG.fullmatch(metric.lower()) is not None
