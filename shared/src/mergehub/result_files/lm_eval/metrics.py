"""The metrics of a task as lm-evaluation-harness writes them, and the names that boards use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

NO_METRICS = frozenset({"alias", "name", "sample_len", "sample_count", "group", "em_stderr"})
MOST_METRICS = 200
LENIENT = "flexible-extract"
STRICT = ("none", "strict-match")
OLD_TASKS = {
    ("truthfulqa_mc", "mc1"): ("truthfulqa_mc1", "acc"),
    ("truthfulqa_mc", "mc2"): ("truthfulqa_mc2", "acc"),
    ("gsm8k", "acc"): ("gsm8k", "exact_match"),
}
"""Tasks and metrics that older harnesses called otherwise."""


class Measured(NamedTuple):
    """One score of a task: its metric as boards call it, and as the file does."""

    metric: str
    written: str
    filter: str
    value: Any
    stderr: Any
    count: Any = None
    """How many items it is of, if that is fewer than the task has."""


def measured(scores: Mapping[str, Any]) -> list[Measured]:
    """The scores of one task.

    `acc,none` is `acc`. If a metric has several filters, that of the strict one is the metric
    itself, as boards take it; the others have the filter after a colon.
    """
    keys = [key for key in scores if _is_score(key)][:MOST_METRICS]
    filters: dict[str, list[str]] = {}
    for key in keys:
        written, _, rule = key.partition(",")
        filters.setdefault(written.strip(), []).append(rule.strip())
    plain = {written: _plain_filter(rules) for written, rules in filters.items()}
    found = []
    for key in keys:
        written, _, rule = (each.strip() for each in key.partition(","))
        metric = written if rule == plain[written] else f"{written}:{rule}"
        error = scores.get(f"{written}_stderr,{rule}" if rule else f"{written}_stderr")
        counts = scores.get("sample_count")
        count = counts.get(key) if isinstance(counts, dict) else None
        found.append(Measured(metric, written, rule, scores[key], error, count))
    return found


def _is_score(key: Any) -> bool:
    name = key.partition(",")[0].strip() if isinstance(key, str) else ""
    return bool(name) and key not in NO_METRICS and not name.endswith("_stderr")


def _plain_filter(rules: list[str]) -> str | None:
    """The filter whose score goes by the metric's name alone, if one is plainly that."""
    for rule in ("", *STRICT):
        if rule in rules:
            return rule
    others = [rule for rule in rules if rule != LENIENT]
    return others[0] if len(others) == 1 else None
