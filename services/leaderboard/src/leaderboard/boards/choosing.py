"""Which settings a board's columns have: the rules of what may be compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from leaderboard.boards.definition import Chosen, Column, Rules
from leaderboard.memory.facts import Facts
from leaderboard.memory.keys import SettingKey
from mergehub.benchmarks.catalogue import benchmarks
from mergehub.benchmarks.definition import Benchmark, Metric

CONDITIONS = ("version", "metric", "shots", "chat_template", "task_hash")


@dataclass(frozen=True)
class Conditions:
    """A column whose conditions are all settled, and the settings whose results it takes in.

    - `settings`: indexes; those of the whole benchmark.
    - `parts`: for a benchmark with subtasks, the settings of each, if all have some.
    """

    column: Column
    shown: Mapping[str, object]
    settings: tuple[int, ...]
    parts: Mapping[str, tuple[int, ...]]


def conditions(facts: Facts, rules: Rules, verified: bool) -> list[Conditions]:
    """The columns of a board, those that are stated or those that enough models have."""
    known = _Settings(facts, verified)
    if isinstance(rules.columns, Chosen):
        return _chosen(known, rules.columns)
    return [known.settle(column) for column in rules.columns]


def definition_of(benchmark: str) -> Benchmark | None:
    """What is known of a benchmark; None of one that people made."""
    return benchmarks().get(benchmark)


def metric_of(benchmark: str, version: object, metric: object) -> Metric | None:
    """What is known of a metric of a benchmark's version."""
    known = definition_of(benchmark)
    versions = [each for each in (known.versions if known else ()) if each.version == version]
    return versions[0].metrics.get(str(metric)) if versions else None


class _Settings:
    """The settings of each benchmark that have results, and how many models each has."""

    def __init__(self, facts: Facts, verified: bool) -> None:
        self.keys = facts.settings
        self.models = [len(scores.chosen(verified)) for scores in facts.scores]
        self._facts = facts
        self.of: dict[str, list[int]] = defaultdict(list)
        for at, key in enumerate(self.keys):
            if self.models[at] and _comparable(key):
                self.of[key.benchmark].append(at)

    def newest(self, at: int) -> int:
        return int(self._facts.scores[at].result.max())

    def settle(self, column: Column) -> Conditions:
        """The column with the conditions that most models have; on a tie, the newest result's."""
        groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
        parts: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for at in self.of.get(column.benchmark, ()):
            key = self.keys[at]
            if _matches(column, key):
                (parts if key.subtask else groups)[_open(column, key)].append(at)
        every = groups.keys() | parts.keys()
        if not every:
            return Conditions(column, _shown(column, None), (), {})
        best = max(every, key=lambda group: self._weight(groups[group], parts[group]))
        settings, subtasks = groups[best], parts[best]
        example = self.keys[(settings or subtasks)[0]]
        return Conditions(column, _shown(column, example), tuple(settings), self._parts(subtasks))

    def _weight(self, settings: Sequence[int], parts: Sequence[int]) -> tuple[int, int]:
        both = [*settings, *parts]
        most = max((self.models[at] for at in parts), default=0)
        return sum(self.models[at] for at in settings) + most, max(map(self.newest, both))

    def _parts(self, settings: Sequence[int]) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for at in settings:
            subtask = self.keys[at].subtask
            found[subtask] = (*found.get(subtask, ()), at)
        return found


def _chosen(known: _Settings, chosen: Chosen) -> list[Conditions]:
    names = [name for name in sorted(known.of) if _in(name, chosen)]
    settled = [known.settle(Column(benchmark=name)) for name in names]
    sizes = [max([0, *(known.models[at] for at in each.settings)]) for each in settled]
    enough = max(sizes, default=0) * chosen.share
    used = [pair for pair in zip(sizes, settled, strict=True) if pair[0] >= max(enough, 1)]
    most = sorted(used, key=lambda pair: -pair[0])[: chosen.most]
    return sorted((each for _, each in most), key=lambda each: each.column.benchmark)


def _in(benchmark: str, chosen: Chosen) -> bool:
    known = definition_of(benchmark)
    return not chosen.domains or bool(known and set(known.domains) & set(chosen.domains))


def _comparable(key: SettingKey) -> bool:
    """Whether more is better; what is lower the better has no place on a scale up to 100."""
    metric = metric_of(key.benchmark, key.version, key.metric)
    return metric is None or metric.direction == "higher"


def _matches(column: Column, key: SettingKey) -> bool:
    return all(_takes(getattr(column, name), getattr(key, name)) for name in CONDITIONS)


def _takes(wanted: object, stated: object) -> bool:
    return wanted is None or wanted == "any" or stated is None or wanted == stated


def _open(column: Column, key: SettingKey) -> tuple[object, ...]:
    """The conditions that the column leaves to what most models have."""
    return tuple(getattr(key, name) for name in _left_open(column))


def _left_open(column: Column) -> Iterator[str]:
    return (name for name in CONDITIONS if getattr(column, name) is None)


def _shown(column: Column, example: SettingKey | None) -> dict[str, object]:
    """The conditions as an answer shows them; None: it makes no difference, or is not stated."""
    shown: dict[str, object] = {}
    for name in CONDITIONS:
        wanted = getattr(column, name)
        found = wanted if wanted is not None else example and getattr(example, name)
        shown[name] = None if found == "any" else found
    return shown
