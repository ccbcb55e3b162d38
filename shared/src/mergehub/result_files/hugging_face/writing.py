"""Rows as the front matter of a model card: `model-index`, with an entry for each model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

import yaml

from mergehub.benchmarks.catalogue import benchmarks
from mergehub.contracts.results import ResultRow

OWN = {
    "benchmark", "version", "subtask", "revision", "precision", "harness", "harness_version",
    "task_hash", "seed", "count", "of", "limited", "chat_template", "stderr", "evaluated_on",
    "value",
}  # fmt: skip


class _Dumper(yaml.SafeDumper):
    """Without aliases, so that each entry can be read alone."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def model_index(rows: Iterable[ResultRow]) -> Iterator[str]:
    """The front matter; what `model-index` has no field for is in `args` under `mergehub`."""
    yield "---\nmodel-index:\n"
    for model, alike in groupby(rows, key=attrgetter("model")):
        entry = [{"name": model, "results": [_result(row) for row in alike]}]
        yield yaml.dump(entry, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)
    yield "---\n"


def _result(row: ResultRow) -> dict[str, Any]:
    benchmark = benchmarks().get(row.benchmark)
    title = benchmark.title if benchmark else row.benchmark
    shots = {} if row.shots is None else {"num_few_shot": row.shots}
    dataset = {
        "name": title if row.shots is None else f"{title} ({row.shots}-Shot)",
        "type": benchmark.dataset if benchmark else row.benchmark,
        **({"config": row.subtask} if row.subtask else {}),
        **({"args": shots} if shots else {}),
    }
    metric = {
        "type": row.metric or "score",
        "value": row.value,
        "args": {"mergehub": row.model_dump(mode="json", include=OWN, exclude_none=True)},
    }
    return {
        "task": {"type": "text-generation", "name": "Text Generation"},
        "dataset": dataset,
        "metrics": [metric],
    }
