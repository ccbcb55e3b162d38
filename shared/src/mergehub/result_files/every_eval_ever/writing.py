"""Rows as aggregate records of Every Eval Ever 0.3: one on a line for each model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from mergehub.benchmarks.catalogue import benchmarks
from mergehub.contracts.results import ResultRow
from mergehub.json_text import json_text
from mergehub.result_files.naming import version_of

from . import extras

SCHEMA = "0.3.0"
ORGANISATION = "Mergehub"
Record = dict[str, Any]


def every_eval_ever(rows: Iterable[ResultRow]) -> Iterator[str]:
    """A record for each run of neighbouring rows of one model, revision, precision and harness.

    What the schema has no place for is in `additional_details`, under names with `mergehub_`.
    """
    for _, alike in groupby(rows, key=_evaluation):
        yield json_text(_record(list(alike)), encoding="utf-8") + "\n"


def _evaluation(row: ResultRow) -> tuple[Any, ...]:
    return row.model, row.revision, row.precision, row.harness, row.harness_version, row.claims


def _record(rows: list[ResultRow]) -> Record:
    first = rows[0]
    owner, slash, _ = first.model.partition("/")
    told = hashlib.sha256("\n".join(row.model_dump_json() for row in rows).encode()).hexdigest()
    return {
        "schema_version": SCHEMA,
        "evaluation_id": f"mergehub/{first.model.replace('/', '_')}/{told[:16]}",
        "retrieved_timestamp": "0",
        "source_metadata": {
            "source_name": ORGANISATION, "source_type": "documentation",
            "source_organization_name": ORGANISATION, "evaluator_relationship": "other",
        },
        "eval_library": {
            "name": first.harness or "unknown", "version": first.harness_version or "unknown",
        },
        "model_info": {
            "name": first.model.rpartition("/")[2], "id": first.model,
            **({"developer": owner} if slash else {}),
            "additional_details": _details(first),
        },
        "evaluation_results": [_result(row) for row in rows],
    }  # fmt: skip


def _details(row: ResultRow) -> dict[str, str]:
    claims = row.claims
    told = {
        "deployment_type": "unknown", "model_availability": "unknown",
        "precision": row.precision, "revision": row.revision,
        "architecture": claims.architecture if claims else None,
        "license": claims.licence if claims else None,
        "parameters": str(claims.parameters) if claims and claims.parameters else None,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def _result(row: ResultRow) -> Record:
    benchmark = benchmarks().get(row.benchmark)
    title = benchmark.title if benchmark else row.benchmark
    name = title if row.subtask is None else f"{title} {row.subtask}"
    result: Record = {
        "evaluation_name": name,
        "source_data": _data(row, title, benchmark.dataset if benchmark else None),
        "metric_config": _metric(row),
        "score_details": {"score": row.value, **_uncertainty(row)},
    }
    if row.evaluated_on is not None:
        result["evaluation_timestamp"] = row.evaluated_on.isoformat()
    if row.shots is not None:
        result["generation_config"] = {"additional_details": {"num_fewshot": str(row.shots)}}
    return result


def _data(row: ResultRow, title: str, dataset: str | None) -> Record:
    if dataset is None:
        return {"dataset_name": title, "source_type": "other"}
    told = {"dataset_name": title, "source_type": "hf_dataset", "hf_repo": dataset}
    return told | ({"samples_number": row.count} if row.count else {})


def _metric(row: ResultRow) -> Record:
    benchmark = benchmarks().get(row.benchmark)
    version = version_of(benchmark, row.version) if benchmark else None
    known = version.metrics.get(row.metric or "") if version else None
    told: Record = {
        "lower_is_better": bool(known and known.direction == "lower"),
        "additional_details": extras.told(row),
    }
    if known:
        told["evaluation_description"] = known.title
    if row.metric:
        told |= {"metric_id": row.metric, "metric_name": row.metric}
    if known and 0 <= row.value <= 1:
        told |= {"score_type": "continuous", "min_score": 0.0, "max_score": 1.0,
                 "metric_unit": "proportion"}  # fmt: skip
    return told


def _uncertainty(row: ResultRow) -> Record:
    told: Record = {}
    if row.stderr is not None:
        told["standard_error"] = {"value": row.stderr}
    if row.count is not None:
        told["num_samples"] = row.count
    return {"uncertainty": told} if told else {}
