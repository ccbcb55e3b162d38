"""The items of evaluations, from instance-level records of Every Eval Ever."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mergehub.contracts.results import MOST_ITEMS
from mergehub.result_files import values
from mergehub.result_files.lm_eval.samples import CLOSE, Scores, numbered
from mergehub.result_files.naming import benchmark_named
from mergehub.result_files.rows import Doubtful, Refused, Said, row_of, shown

from .scores import mapping

Key = tuple[str, str]
"""An evaluation, and one result of it by its id or name."""
MOST_KEYS = 10_000
MOST_HELD = 2_000_000
MEAN = "the value is the mean of the items, as no aggregate is beside them"


def is_instance(value: Any) -> bool:
    """Whether an object is an instance-level record."""
    return isinstance(value, dict) and "sample_id" in value and "evaluation_id" in value


class Instances:
    """Item scores by evaluation and result; `models` says whose each evaluation is."""

    def __init__(self, records: Iterable[Any]) -> None:
        self.scores: dict[Key, Scores] = {}
        self.names: dict[Key, tuple[str, str]] = {}
        self.fault: str | None = None
        for held, record in enumerate(records):
            if not is_instance(record):
                self.fault = "a line of the file of instances is not an instance"
            elif held >= MOST_HELD or len(self.scores) > MOST_KEYS:
                self.fault = f"the file of instances has more than {MOST_HELD} lines"
            else:
                self._add(record)
            if self.fault:
                return

    def _add(self, record: Mapping[str, Any]) -> None:
        score = values.number(mapping(record.get("evaluation")).get("score"))
        name = str(record.get("evaluation_name") or "")
        key = str(record["evaluation_id"]), str(record.get("evaluation_result_id") or name)
        item = values.text(record.get("sample_hash")) or values.text(record.get("sample_id"))
        if score is None or item is None:
            self.fault = "an instance has no score or no id"
            return
        self.names.setdefault(key, (str(record.get("model_id") or ""), name))
        self.scores.setdefault(key, []).append((item, score))

    def of(
        self, document: Mapping[str, Any], result: Mapping[str, Any], value: float
    ) -> tuple[Scores | None, str | None]:
        """The items of a result, or None and the reason."""
        if self.fault:
            return None, f"without items: {self.fault}"
        evaluation = str(document.get("evaluation_id"))
        for each in (result.get("evaluation_result_id"), result.get("evaluation_name")):
            found = self.scores.get((evaluation, str(each)))
            if found is None:
                continue
            mean = math.fsum(score for _, score in found) / len(found)
            if len(found) > MOST_ITEMS:
                return None, f"without items: there are more than {MOST_ITEMS}"
            if abs(mean - value) > CLOSE:
                return None, f"without items: their mean is {mean:.6g}, and the score {value:.6g}"
            return numbered(found), None
        return None, None


def rows_of_instances(found: Instances, model: str | None) -> Iterator[Said]:
    """A row for each result of a file of instances that has no aggregate beside it."""
    if found.fault:
        yield Refused(None, found.fault)
        return
    for key, scores in found.scores.items():
        stated, name = found.names[key]
        named = benchmark_named(name)
        if named is None:
            yield Refused(None, "the instances name no evaluation", shown(stated))
            continue
        value = math.fsum(score for _, score in scores) / len(scores)
        yield Doubtful(None, MEAN, shown(model or stated), shown(name))
        items = numbered(scores) if len(scores) <= MOST_ITEMS else None
        yield row_of({
            "model": model or stated, "benchmark": named.benchmark, "version": named.version,
            "subtask": named.subtask, "metric": named.metric, "value": value,
            "count": len(scores), "items": items,
        })  # fmt: skip
