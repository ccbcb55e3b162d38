"""The benchmark, version, subtask and metric that a name in a file stands for."""

from __future__ import annotations

import re
from typing import NamedTuple

from mergehub.benchmarks.catalogue import find
from mergehub.benchmarks.definition import Benchmark, Version

SHOTS = re.compile(r"\(?\b(\d{1,4})[ -]?shots?\b\)?", re.IGNORECASE)
USUAL_FILTERS = ("", "none", "strict-match")
_NO_NAME = re.compile(r"[^A-Za-z0-9.]+")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Named(NamedTuple):
    """What a score is of. `known` is the version of the catalogue, if it is one of its."""

    benchmark: str
    version: str | None = None
    subtask: str | None = None
    metric: str | None = None
    known: Version | None = None

    @property
    def baseline(self) -> float | None:
        """The score of a random guess, if there is one for the whole benchmark or subtask."""
        metric = self.known.metrics.get(self.metric or "") if self.known else None
        if metric is None or metric.baseline is None:
            return None
        if self.subtask is None:
            return metric.baseline.expected
        part = metric.baseline.subtasks.get(self.subtask)
        return part.expected if part else None


def benchmark_named(written: str) -> Named | None:
    """What a title or name in a table or card stands for, or None without any letters."""
    if found := find(written):
        version = found.version
        return Named(found.benchmark.name, version.version, found.subtask, version.metric, version)
    name = own_name(written)
    return Named(name) if name else None


def task_named(task: str, revision: str | None, groups: tuple[str, ...] = ()) -> Named:
    """What a task of lm-evaluation-harness stands for.

    A task that the catalogue lists is its version. Another one of a benchmark of the catalogue is a
    version of its own, since its prompts and metrics differ. A task whose name begins with that of
    a group is a subtask of it.
    """
    found = find(task)
    if found and (found.subtask or _lists(found.version, task)):
        version = found.version
        return Named(found.benchmark.name, version.version, found.subtask, version.metric, version)
    for group in sorted(groups, key=len):
        if task.startswith(f"{group}_") and len(task) > len(group) + 1:
            return task_named(group, revision)._replace(subtask=task[len(group) + 1 :][:200])
    if found:
        own = f"{own_name(task)}-{revision}" if revision else own_name(task)
        return Named(found.benchmark.name, own)
    return Named(own_name(task) or task, revision)


def version_of(benchmark: Benchmark, version: str | None) -> Version | None:
    """The version of that name."""
    return next((each for each in benchmark.versions if each.version == version), None)


def metric_name(written: str) -> str:
    """A metric by its name, with a filter that is not the usual one after a colon.

    The harness writes `exact_match,strict-match`; that is `exact_match`, as boards take it, and
    `exact_match,flexible-extract` is `exact_match:flexible-extract`.
    """
    name, _, rule = (each.strip() for each in written.partition(","))
    return name if rule in USUAL_FILTERS else f"{name}:{rule}"


def own_name(written: str) -> str:
    """The name of a benchmark that the catalogue lacks: an identifier, or a title in kebab case."""
    bare = SHOTS.sub("", written).strip()
    return bare if _IDENTIFIER.fullmatch(bare) else kebab(bare)


def kebab(written: str) -> str:
    """A title in lower case, with hyphens between its words."""
    return _NO_NAME.sub("-", written).strip("-.").lower()[:100]


def shots_in(written: str) -> int | None:
    """The number of shots that a title states."""
    found = SHOTS.search(written)
    return int(found[1]) if found else None


def _lists(version: Version, task: str) -> bool:
    return task.lower() in version.tasks
