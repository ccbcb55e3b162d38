"""The scores of single items, from files of samples (`samples_*.jsonl`)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mergehub.contracts.results import MOST_ITEMS
from mergehub.lineage_files.rows import Skipped, Unreadable
from mergehub.lineage_files.tables.json_values import values as json_values
from mergehub.lineage_files.text import Readable
from mergehub.result_files import values

CLOSE = 1e-6
"""How far the mean of the items may be from the score."""
MOST_METRICS = 50
MOST_SAMPLES = 4 * MOST_ITEMS
TOO_MANY = f"there are more than {MOST_SAMPLES} samples"
Scores = list[tuple[str, float]]


@dataclass
class Items:
    """The items of a task, or why there are none.

    `scores`: by filter and metric, in the file's order; each item by its hash, and a number
    distinguishes equal items.
    """

    scores: dict[tuple[str, str], Scores] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    fault: str | None = None

    def of(self, metric: str, rule: str, value: float) -> tuple[Scores | None, str | None]:
        """The items of one score, or None and the reason."""
        if self.fault:
            return None, f"without items: {self.fault}"
        found = self.scores.get((rule or "none", metric)) or self.scores.get(("", metric))
        if not found or len(found) < self.counts[rule or "none"]:
            return None, None
        if len(found) > MOST_ITEMS:
            return None, f"without items: there are more than {MOST_ITEMS}"
        mean = math.fsum(score for _, score in found) / len(found)
        if abs(mean - value) > CLOSE:
            return None, f"without items: the mean of the samples' {metric} is {mean:.6g}, " \
                         f"and the score is {value:.6g}"  # fmt: skip
        return found, None

    @classmethod
    def joined(cls, parts: Sequence[Items]) -> Items:
        """The items of several tasks together."""
        if len(parts) == 1:
            return parts[0]
        whole = cls()
        for part in parts:
            whole.fault = whole.fault or part.fault
            whole.counts.update(part.counts)
            for key, scores in part.scores.items():
                whole.scores.setdefault(key, []).extend(scores)
        whole.scores = {key: numbered(scores) for key, scores in whole.scores.items()}
        return whole


def is_sample(value: Any) -> bool:
    """Whether an object is one item of a file of samples."""
    return isinstance(value, dict) and "doc_id" in value and ("resps" in value or "doc" in value)


def read_items(source: Readable) -> Items:
    """The items of a file of samples."""
    try:
        return gathered(value for _, value in json_values(source))
    except Unreadable as error:
        return Items(fault=str(error))


def gathered(samples: Iterable[Any]) -> Items:
    """The items that samples state."""
    found = Items()
    for number, sample in enumerate(samples):
        if isinstance(sample, list):
            return gathered(sample)
        found.fault = _fault(sample) if number < MOST_SAMPLES else TOO_MANY
        if found.fault:
            return found
        _add(found, sample)
    found.scores = {key: numbered(scores) for key, scores in found.scores.items()}
    return found


def numbered(scores: Scores) -> Scores:
    """The items, each by a hash of its own: the second of equal ones gets `-2` after it."""
    seen: Counter[str] = Counter()
    found = []
    for key, score in scores:
        seen[key] += 1
        found.append((key if seen[key] == 1 else f"{key}-{seen[key]}", score))
    return found


def _fault(sample: Any) -> str | None:
    if isinstance(sample, Skipped):
        return sample.reason
    if not isinstance(sample, dict):
        return "a line of the file of samples is not an object"
    if not isinstance(sample.get("doc_hash"), str):
        return "its samples have no doc_hash, by which other models' could be joined"
    return None


def _add(found: Items, sample: Mapping[str, Any]) -> None:
    rule = sample.get("filter")
    rule = rule if isinstance(rule, str) else ""
    found.counts[rule or "none"] += 1
    named = sample.get("metrics")
    names = named if isinstance(named, list) else [each for each in sample if each not in _OTHERS]
    for name in names[:MOST_METRICS]:
        told = sample.get(name) if isinstance(name, str) else None
        score = values.number(int(told) if isinstance(told, bool) else told)
        if score is not None:
            found.scores.setdefault((rule, name), []).append((sample["doc_hash"], score))


_OTHERS = frozenset({
    "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics",
    "doc_hash", "prompt_hash", "target_hash", "schema",
})  # fmt: skip
