"""Rows as files of results of lm-evaluation-harness: one document on a line for each model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from mergehub.benchmarks.catalogue import benchmarks
from mergehub.contracts.results import ResultRow
from mergehub.result_files.naming import version_of


def lm_eval(rows: Iterable[ResultRow]) -> Iterator[str]:
    """A document for each run of neighbouring rows that one evaluation may have made.

    `harness` in it names the harness, which may be another one.

    Rows about one task under two conditions, such as two numbers of shots, are two documents.
    """
    for _, alike in groupby(rows, key=_evaluation):
        for document in _documents(list(alike)):
            yield json.dumps(document, ensure_ascii=False) + "\n"


def _evaluation(row: ResultRow) -> tuple[Any, ...]:
    return (
        row.model, row.revision, row.precision, row.chat_template, row.harness, row.harness_version,
        row.seed, row.evaluated_on, bool(row.limited),
    )  # fmt: skip


def _documents(rows: list[ResultRow]) -> Iterator[dict[str, Any]]:
    while rows:
        document, left = _about(rows[0]), []
        for row in rows:
            if not _add(document, row):
                left.append(row)
        yield document
        rows = left


def _about(row: ResultRow) -> dict[str, Any]:
    told = {"pretrained": row.model, "revision": row.revision, "dtype": row.precision}
    arguments = ",".join(f"{name}={value}" for name, value in told.items() if value is not None)
    about: dict[str, Any] = {
        "results": {}, "group_subtasks": {}, "configs": {}, "versions": {}, "n-shot": {},
        "n-samples": {},
        "config": {
            "model": "hf", "model_args": arguments, "random_seed": row.seed,
            "limit": (row.count or 1) if row.limited else None,
        },
        "task_hashes": {}, "model_source": "hf", "model_name": row.model,
        "harness": row.harness, "lm_eval_version": row.harness_version,
    }  # fmt: skip
    if row.evaluated_on is not None:
        day = row.evaluated_on
        about["date"] = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    if row.chat_template is not None:
        about["chat_template"] = "applied" if row.chat_template else None
    return about


def _add(document: dict[str, Any], row: ResultRow) -> bool:
    """Add a row, unless the document has its task under other conditions."""
    task = task_of(row)
    facts = {
        "versions": None if _is_known(row) else row.version, "n-shot": row.shots,
        "n-samples": _samples(row), "task_hashes": row.task_hash,
    }  # fmt: skip
    scores = document["results"].get(task, {"alias": task})
    metric, _, rule = (row.metric or "score").partition(":")
    key = f"{metric},{rule or 'none'}"
    others = {name: document[name].get(task) for name in facts}
    if key in scores or (len(scores) > 1 and others != facts):
        return False
    document["results"][task] = scores
    scores[key] = row.value
    scores[f"{metric}_stderr,{rule or 'none'}"] = "N/A" if row.stderr is None else row.stderr
    if row.subtask is not None:
        below = document["group_subtasks"].setdefault(group_of(row), [])
        below += [] if task in below else [task]
    for name, value in facts.items():
        if value is not None:
            document[name][task] = value
    if row.items:
        document.setdefault("samples", {}).setdefault(task, []).extend(
            {"doc_id": place, "doc_hash": item, "filter": rule or "none", "metrics": [metric],
             metric: score, "resps": []}
            for place, (item, score) in enumerate(row.items)
        )  # fmt: skip
    return True


def group_of(row: ResultRow) -> str:
    """The task that a row's subtask is part of."""
    return task_of(row.model_copy(update={"subtask": None}))


def task_of(row: ResultRow) -> str:
    """The task of the harness that a row is of: the catalogue's, else the benchmark's name."""
    benchmark = benchmarks().get(row.benchmark)
    version = version_of(benchmark, row.version) if benchmark else None
    if version is None or not version.tasks:
        return row.benchmark if row.subtask is None else f"{row.benchmark}_{row.subtask}"
    task = version.tasks[0]
    if row.subtask is None:
        return task
    baseline = version.metrics[version.metric].baseline
    part = baseline.subtasks.get(row.subtask) if baseline else None
    return (part and part.task) or f"{task}_{row.subtask}"


def _is_known(row: ResultRow) -> bool:
    benchmark = benchmarks().get(row.benchmark)
    return benchmark is not None and version_of(benchmark, row.version) is not None


def _samples(row: ResultRow) -> dict[str, int] | None:
    if row.count is None:
        return None
    limited = row.count if row.of is None else row.of
    return {"effective": row.count, "original": limited}
