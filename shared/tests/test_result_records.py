"""Records of Every Eval Ever: aggregates of 0.2 and 0.3, and instances."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from result_texts import Said

from mergehub.result_files import read, written

DATA = os.environ.get("MERGEHUB_REAL_DATA")
real = pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder of records")
ITEMS = "data/x/y/z/0284d867-45c4-4fe4-883c-8e3ea169d66c_samples.jsonl"


def _result(**changes: Any) -> dict[str, Any]:
    return {
        "evaluation_name": "gsm8k",
        "source_data": {"dataset_name": "GSM8K", "source_type": "hf_dataset"},
        "metric_config": {
            "lower_is_better": False, "score_type": "continuous", "min_score": 0, "max_score": 1,
        },
        "score_details": {"score": 0.5}, **changes,
    }  # fmt: skip


def _record(*results: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "schema_version": "0.3.0",
        "evaluation_id": "e/1",
        "retrieved_timestamp": "1770682486.6",
        "source_metadata": {
            "source_type": "documentation", "source_organization_name": "Lab",
            "evaluator_relationship": "third_party",
        },
        "eval_library": {"name": "lm_eval", "version": "0.4.9"},
        "model_info": {
            "name": "soup", "id": "org/soup",
            "additional_details": {
                "deployment_type": "unknown", "model_availability": "open_weights",
                "precision": "bfloat16", "params_billions": "7.613",
                "architecture": "Qwen2ForCausalLM",
            },
        },
        "evaluation_results": list(results), **changes,
    }  # fmt: skip


def _said(*results: dict[str, Any], **changes: Any) -> Said:
    return Said(json.dumps(_record(*results, **changes), indent=1), "record.json")


def test_all_that_a_record_says_is_in_its_row() -> None:
    said = _said(_result(
        evaluation_timestamp="2026-01-02T10:00:00Z",
        score_details={"score": 0.5, "uncertainty": {
            "standard_error": {"value": 0.01, "method": "analytic"}, "num_samples": 1319}},
        generation_config={"additional_details": {"num_fewshot": "5"}},
    ))  # fmt: skip
    assert said.row.model_dump(mode="json", exclude_defaults=True) == {
        "model": "org/soup", "precision": "bfloat16", "benchmark": "gsm8k", "version": "test",
        "metric": "exact_match", "value": 0.5, "stderr": 0.01, "count": 1319, "shots": 5,
        "harness": "lm_eval", "harness_version": "0.4.9", "evaluated_on": "2026-01-02",
        "claims": {"architecture": "Qwen2ForCausalLM", "parameters": 7_613_000_000}, "line": 1,
        "place": "record.json#/evaluation_results/0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "score", "value"),
    [
        ({"min_score": 0, "max_score": 100}, 65, 0.65),
        ({"metric_unit": "percent"}, 65, 0.65),
        ({"metric_unit": "proportion"}, 0.65, 0.65),
        ({"min_score": 0, "max_score": "Infinity", "metric_id": "perplexity"}, 65, 65),
        ({"min_score": None, "max_score": None}, 1105.2, 1105.2),
        ({"score_type": "binary"}, 1, 1),
    ],
)
def test_bounds_and_unit_say_what_the_score_is(
    metric: dict[str, Any], score: float, value: float
) -> None:
    told = {"lower_is_better": False, **metric}
    row = _said(_result(
        evaluation_name="my-bench", source_data={"dataset_name": "x", "source_type": "other"},
        metric_config=told, score_details={"score": score},
    )).row  # fmt: skip
    assert row.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"score_details": {"score": 1.5}}, "outside its bounds"),
        ({"score_details": {"score": "0.5"}}, "not a number"),
        ({"score_details": {}}, "not a number"),
        ({"metric_config": {"lower_is_better": True}}, "lower is better"),
        ({"metric_config": {"lower_is_better": False, "score_type": "levels"}}, "levels"),
        ({"metric_config": {"lower_is_better": False, "metric_unit": "percent"},
          "score_details": {"score": 650}}, "not on the scale"),
    ],
)  # fmt: skip
def test_a_score_that_contradicts_its_record_is_refused(changes: dict[str, Any], why: str) -> None:
    said = _said(_result(**changes))
    assert said.rows == []
    assert why in said.why


@pytest.mark.parametrize(
    ("uncertainty", "stderr"),
    [
        ({"standard_deviation": 0.5, "num_samples": 100}, 0.05),
        ({"confidence_interval": {"lower": 0.4, "upper": 0.6, "confidence_level": 0.95}}, 0.0510),
        ({"confidence_interval": {"lower": 0.4, "upper": 0.6}}, None),
        ({"standard_error": {"value": -1}}, None),
    ],
)
def test_a_standard_error_follows_from_deviation_and_interval(
    uncertainty: dict[str, Any], stderr: float | None
) -> None:
    row = _said(_result(score_details={"score": 0.5, "uncertainty": uncertainty})).row
    assert row.stderr == (None if stderr is None else pytest.approx(stderr, abs=1e-4))


def test_a_part_of_a_data_set_is_a_subtask() -> None:
    data = {"dataset_name": "MMLU", "source_type": "other"}
    row = _said(_result(evaluation_name="mmlu_virology", source_data=data)).row
    assert (row.benchmark, row.version, row.subtask) == ("mmlu", "test", "virology")


def test_an_average_is_compared_with_the_others() -> None:
    parts = [_result(), _result(evaluation_name="IFEval", score_details={"score": 0.7})]
    good = _result(evaluation_name="Average", score_details={"score": 0.6})
    assert (len(_said(*parts, good).rows), _said(*parts, good).doubtful) == (2, [])
    bad = _result(evaluation_name="Average", score_details={"score": 0.61})
    assert _said(*parts, bad).why == "the average is 0.61, but the mean of the others is 0.6"


def test_a_record_without_a_name_of_a_model_is_refused() -> None:
    said = _said(_result(), model_info={"name": "", "id": "/home/me/model"})
    assert "a path is not a name" in said.why


def _instance(number: int, score: float, **changes: Any) -> dict[str, Any]:
    return {
        "schema_version": "instance_level_eval_0.3.0", "evaluation_id": "e/1",
        "model_id": "org/soup", "evaluation_name": "gsm8k", "sample_id": str(number),
        "sample_hash": f"h{number}", "interaction_type": "single_turn",
        "input": {"raw": "?", "reference": ["1"]}, "output": {"raw": ["1"]},
        "answer_attribution": [], "evaluation": {"score": score, "is_correct": score == 1},
        **changes,
    }  # fmt: skip


def _lines(*instances: dict[str, Any]) -> str:
    return "".join(json.dumps(each) + "\n" for each in instances)


def _archive(record: dict[str, Any], instances: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("z/0284d867-45c4-4fe4-883c-8e3ea169d66c.json", json.dumps(record))
        archive.writestr("z/" + ITEMS.rpartition("/")[2], instances)
    return held.getvalue()


def test_instances_beside_their_record_are_the_items_of_its_result() -> None:
    record = _record(
        _result(evaluation_result_id="r1"),
        detailed_evaluation_results={"format": "jsonl", "file_path": ITEMS},
    )
    both = [_instance(each, each, evaluation_result_id="r1") for each in (0, 1)]
    said = Said(_archive(record, _lines(*both)), "records.zip")
    assert said.row.items == [("h0", 0.0), ("h1", 1.0)]
    assert said.doubtful == []
    wrong = Said(_archive(record, _lines(*both, _instance(2, 1, evaluation_result_id="r1"))))
    assert wrong.row.items is None
    assert "their mean is 0.666667, and the score 0.5" in wrong.why


def test_instances_alone_are_a_result_with_their_mean() -> None:
    said = Said(_lines(_instance(0, 0), _instance(1, 1), _instance(2, 1)), "x_samples.jsonl")
    row = said.row
    assert (row.model, row.benchmark, row.value, row.count) == ("org/soup", "gsm8k", 2 / 3, 3)
    assert "no aggregate is beside them" in said.why


def _schema(name: str) -> dict[str, Any]:
    path = Path(DATA or "").parent / "data" / "schemas" / "every-eval-ever" / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text())
    return schema


@real
def test_the_records_of_these_tests_are_valid() -> None:
    jsonschema.validate(_record(_result()), _schema("eval"))
    jsonschema.validate(_instance(0, 1), _schema("instance_level_eval"))


@real
def test_what_is_written_is_valid() -> None:
    folder = Path(DATA or "") / "leaderboards"
    rows = [row for batch in read(folder / "lm_eval_results_llama-3.2-3b_merged.json")
            for row in batch.rows]  # fmt: skip
    rows += next(read(folder / "open_llm_v2_every_eval_ever_flat.csv")).rows[:100]
    records = "".join(written(rows, "every-eval-ever")).splitlines()
    validator = jsonschema.Draft7Validator(_schema("eval"))
    assert len(records) > 15
    for record in records:
        validator.validate(json.loads(record))


@real
def test_real_records_say_what_the_real_table_says() -> None:
    folder = Path(DATA or "") / "leaderboards"
    table: dict[tuple[str, str], list[list[float]]] = {}
    with (folder / "open_llm_v2_every_eval_ever_flat.csv").open() as file:
        for line in csv.DictReader(file):
            scores = [float(line[name]) for name in list(line)[4:]]
            table.setdefault((line["model"], line["precision"]), []).append(scores)
    found = 0
    for path in sorted((folder / "every_eval_ever").glob("*.json")):
        (batch,) = read(path)
        assert (batch.refused, batch.doubtful) == ([], [])
        row = batch.rows[0]
        assert [each.value for each in batch.rows] in table[row.model, str(row.precision)]
        found += 1
    assert found == 99
    batches = list(read(folder / "open_llm_v2_every_eval_ever_flat.csv"))
    values = [row.value for batch in batches for row in batch.rows]
    assert sorted(values) == sorted(s for lines in table.values() for each in lines for s in each)
    assert len(values) == 4574 * 6
    assert not any(batch.refused for batch in batches)
