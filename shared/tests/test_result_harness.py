"""Files of lm-evaluation-harness: results of old and new forms, and the samples beside them."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from result_texts import Said

from mergehub.result_files import read

DATA = os.environ.get("MERGEHUB_REAL_DATA")
DATE = "2024-11-20T10-00-00.123456"


def _document(**changes: Any) -> dict[str, Any]:
    """A file of results as harness 0.4.9 writes it, cut down to what is read."""
    return {
        "results": {
            "gsm8k": {
                "alias": "gsm8k", "exact_match,strict-match": 0.5,
                "exact_match_stderr,strict-match": 0.25,
                "exact_match,flexible-extract": 0.75,
                "exact_match_stderr,flexible-extract": "N/A",
            },
        },
        "group_subtasks": {"gsm8k": []},
        "configs": {"gsm8k": {"task": "gsm8k", "num_fewshot": 5}},
        "versions": {"gsm8k": 3.0},
        "n-shot": {"gsm8k": 5},
        "n-samples": {"gsm8k": {"original": 1319, "effective": 1319}},
        "higher_is_better": {"gsm8k": {"exact_match": True}},
        "config": {
            "model": "hf", "model_args": "pretrained=org/soup,dtype=bfloat16", "limit": None,
            "model_sha": "abcdef0123", "random_seed": 0,
        },
        "date": 1763359638.5, "lm_eval_version": "0.4.9.1", "git_hash": "f91dd3c",
        "task_hashes": {"gsm8k": "1f2e"}, "model_name": "org/soup", "chat_template": None,
        "fewshot_as_multiturn": False, **changes,
    }  # fmt: skip


def _said(document: dict[str, Any], **how: Any) -> Said:
    return Said(json.dumps(document, indent=2), "results.json", **how)


def test_all_that_a_file_says_of_a_run_is_in_its_rows() -> None:
    strict, flexible = _said(_document()).rows
    assert strict.model_dump(mode="json", exclude_none=True) == {
        "model": "org/soup", "revision": "abcdef0123", "precision": "bfloat16",
        "benchmark": "gsm8k", "version": "test", "metric": "exact_match", "value": 0.5,
        "stderr": 0.25, "count": 1319, "of": 1319, "shots": 5, "chat_template": False,
        "harness": "lm-evaluation-harness", "harness_version": "0.4.9.1", "task_hash": "1f2e",
        "seed": 0, "evaluated_on": "2025-11-17", "line": 1,
        "place": "results.json#/results/gsm8k",
    }  # fmt: skip
    assert (flexible.metric, flexible.value) == ("exact_match:flexible-extract", 0.75)
    assert flexible.stderr is None


def test_a_run_of_some_items_is_limited() -> None:
    few = _document(**{"n-samples": {"gsm8k": {"original": 1319, "effective": 100}}})
    assert {row.limited for row in _said(few).rows} == {True}
    config = {**_document()["config"], "limit": 100.0}
    assert {row.limited for row in _said(_document(config=config)).rows} == {True}
    assert {row.limited for row in _said(_document()).rows} == {None}


@pytest.mark.parametrize(("template", "applied"), [("{{ x }}", True), (None, False)])
def test_a_chat_template_was_applied_if_the_file_has_one(template: Any, applied: bool) -> None:
    assert _said(_document(chat_template=template)).rows[0].chat_template is applied


def test_an_old_file_does_not_say_whether_a_template_was_applied() -> None:
    document = _document()
    del document["chat_template"]
    assert _said(document).rows[0].chat_template is None


@pytest.mark.parametrize(
    ("arguments", "revision", "precision"),
    [
        ("pretrained=a/b,revision=main,dtype=torch.float16", None, "float16"),
        ("pretrained=a/b,revision=refs/pr/1,load_in_4bit=True", "refs/pr/1", "4bit"),
        ({"pretrained": "a/b", "dtype": "auto", "gptqmodel": True}, None, "gptq"),
    ],
)
def test_the_arguments_say_revision_and_precision(
    arguments: Any, revision: str | None, precision: str
) -> None:
    document = _document(config={"model_args": arguments}, model_name=None)
    row = _said(document).rows[0]
    assert (row.model, row.revision, row.precision) == ("a/b", revision, precision)


def test_an_adapter_is_the_model_and_not_its_base() -> None:
    document = _document(config={"model_args": "pretrained=a/b,peft=me/lora"}, model_name=None)
    assert _said(document).rows[0].model == "me/lora"


def test_a_file_without_a_model_needs_its_name() -> None:
    document = _document(config={}, model_name=None)
    assert "give it with --model" in _said(document).why
    assert _said(document, model="me/soup").rows[0].model == "me/soup"


def test_a_group_stands_beside_its_subtasks_once() -> None:
    scores = {"acc_norm,none": 0.5, "acc_norm_stderr,none": 0.01, "alias": " - x"}
    tasks = ["leaderboard_bbh_navigate", "leaderboard_bbh_snarks"]
    said = _said(_document(
        results={"leaderboard_bbh": scores, **dict.fromkeys(tasks, scores),
                 "leaderboard": {" ,none": " ", " _stderr,none": " "}},
        groups={"leaderboard_bbh": scores},
        group_subtasks={"leaderboard": ["leaderboard_bbh"], "leaderboard_bbh": tasks},
        versions={},
        **{"n-shot": dict.fromkeys(tasks, 3),
           "n-samples": {each: {"original": 250, "effective": 250} for each in tasks}},
    ))  # fmt: skip
    assert said.values("benchmark", "version", "subtask", "shots", "count") == [
        ("bbh", "open-llm-2", None, 3, 500),
        ("bbh", "open-llm-2", "navigate", 3, 250),
        ("bbh", "open-llm-2", "snarks", 3, 250),
    ]
    assert said.refused == []


def test_a_group_may_have_a_metric_that_only_some_of_its_tasks_have() -> None:
    said = _said(_document(
        results={"sums": {"acc,none": 0.5, "sample_len": 8, "sample_count": {"acc,none": 4}},
                 "one": {"acc,none": 0.5}, "two": {"exact_match,none": 0.5}},
        group_subtasks={"sums": ["one", "two"]}, versions={},
        **{"n-samples": {each: {"original": 4, "effective": 4} for each in ("one", "two")}},
    ))  # fmt: skip
    assert said.values("benchmark", "count", "of", "limited") == [
        ("sums", 4, 4, None), ("one", 4, 4, None), ("two", 4, 4, None),
    ]  # fmt: skip


def test_subtasks_are_found_through_groups_of_groups() -> None:
    scores = {"acc,none": 0.5}
    groups = {"mmlu": ["mmlu_stem"], "mmlu_stem": ["mmlu_abstract_algebra"]}
    names = ["mmlu", "mmlu_stem", "mmlu_abstract_algebra"]
    said = _said(_document(results=dict.fromkeys(names, scores), group_subtasks=groups))
    assert said.values("benchmark", "subtask") == [
        ("mmlu", None), ("mmlu", "stem"), ("mmlu", "abstract_algebra"),
    ]  # fmt: skip


def test_another_task_of_a_known_benchmark_is_a_version_of_its_own() -> None:
    said = _said(_document(
        results={"mmlu_pro": {"exact_match,custom-extract": 0.4}, "my_task": {"acc,none": 0.1}},
        versions={"mmlu_pro": 1.0, "my_task": "Yaml"},
    ))  # fmt: skip
    assert said.values("benchmark", "version", "metric") == [
        ("mmlu-pro", "mmlu_pro-1", "exact_match"),
        ("my_task", None, "acc"),
    ]


def test_the_mean_of_both_strict_metrics_is_a_row() -> None:
    scores = {"prompt_level_strict_acc,none": 0.5, "inst_level_strict_acc,none": 0.7}
    said = _said(_document(results={"leaderboard_ifeval": scores}))
    assert said.values("metric", "value")[2] == ("strict_acc", pytest.approx(0.6))


@pytest.mark.parametrize("value", ["N/A", None, float("nan"), [], True])
def test_a_score_that_is_no_number_is_refused(value: Any) -> None:
    said = _said(_document(results={"arc_challenge": {"acc,none": value, "acc_norm,none": 0.5}}))
    assert said.values("metric") == [("acc_norm",)]
    assert "is not a number" in said.why


def test_the_form_before_filters_is_read() -> None:
    said = _said({
        "results": {
            "arc_challenge": {"acc": 0.5, "acc_stderr": 0.01, "acc_norm": 0.6,
                              "acc_norm_stderr": 0.01},
            "truthfulqa_mc": {"mc1": 0.3, "mc1_stderr": 0.01, "mc2": 0.4, "mc2_stderr": 0.01},
        },
        "versions": {"arc_challenge": 0, "truthfulqa_mc": 1},
        "config": {"model": "hf-causal", "model_args": "pretrained=org/old", "num_fewshot": 25,
                   "limit": None},
    })  # fmt: skip
    assert said.values("model", "benchmark", "version", "metric", "value", "shots") == [
        ("org/old", "arc", "challenge", "acc", 0.5, 25),
        ("org/old", "arc", "challenge", "acc_norm", 0.6, 25),
        ("org/old", "truthfulqa", "mc1", "acc", 0.3, 25),
        ("org/old", "truthfulqa", "mc2", "acc", 0.4, 25),
    ]


def test_the_form_of_open_llm_leaderboard_1_is_read() -> None:
    said = _said({
        "config_general": {"model_name": "org/old", "model_sha": "a" * 40,
                           "model_dtype": "torch.float16", "max_samples": None},
        "results": {
            "harness|arc:challenge|25": {"acc": 0.5, "acc_norm": 0.6, "acc_norm_stderr": 0.01},
            "harness|hendrycksTest-virology|5": {"acc": 0.4},
            "harness|truthfulqa:mc|0": {"mc2": 0.45},
            "all": {"acc": 0.47},
        },
        "versions": {"harness|arc:challenge|25": 0},
    })  # fmt: skip
    assert said.values("benchmark", "subtask", "metric", "value", "shots") == [
        ("arc", None, "acc", 0.5, 25),
        ("arc", None, "acc_norm", 0.6, 25),
        ("mmlu", "virology", "acc", 0.4, 5),
        ("truthfulqa", None, "acc", 0.45, 0),
    ]
    assert said.rows[0].precision == "float16"


def test_mmlu_is_the_mean_of_all_its_subjects_in_that_form() -> None:
    subjects = {f"harness|hendrycksTest-s{each}|5": {"acc": each / 100} for each in range(57)}
    config = {"model_name": "org/old"}
    said = _said({"config_general": config, "results": subjects, "versions": {}})
    whole = said.rows[-1]
    assert (whole.benchmark, whole.version, whole.subtask) == ("mmlu", "test", None)
    assert whole.value == pytest.approx(0.28)
    subjects.popitem()
    fewer = _said({"config_general": config, "results": subjects, "versions": {}})
    assert all(row.subtask for row in fewer.rows)


def _sample(number: int, score: float, rule: str = "strict-match", **more: Any) -> dict[str, Any]:
    return {
        "doc_id": number, "doc": {"question": f"What is {number}?"}, "target": "1",
        "arguments": {}, "resps": [["1"]], "filtered_resps": ["1"], "filter": rule,
        "metrics": ["exact_match"], "doc_hash": f"h{number}", "prompt_hash": "p",
        "target_hash": "t", "exact_match": score, **more,
    }  # fmt: skip


def _folder(folder: Path, samples: list[Any], date: str = DATE) -> Path:
    small = _document(**{"n-samples": {"gsm8k": {"original": 2, "effective": 2}}})
    results = folder / f"results_{DATE}.json"
    results.write_text(json.dumps(small))
    lines = "".join(json.dumps(each) + "\n" for each in samples)
    (folder / f"samples_gsm8k_{date}.jsonl").write_text(lines)
    return results


SAMPLES = [
    *(_sample(place, score) for place, score in enumerate((1.0, 0.0))),
    *(_sample(place, score, "flexible-extract") for place, score in enumerate((1.0, 0.5))),
]


def test_samples_of_the_same_date_are_the_items_by_filter(tmp_path: Path) -> None:
    (batch,) = read(_folder(tmp_path, SAMPLES))
    strict, flexible = batch.rows
    assert strict.items == [("h0", 1.0), ("h1", 0.0)]
    assert flexible.items == [("h0", 1.0), ("h1", 0.5)]
    assert batch.doubtful == []


def test_samples_of_another_run_are_not_its_items(tmp_path: Path) -> None:
    (batch,) = read(_folder(tmp_path, SAMPLES, "2020-01-01T00-00-00.0"))
    assert [row.items for row in batch.rows] == [None, None]


def test_equal_items_are_distinguished_by_a_number(tmp_path: Path) -> None:
    twice = [{**each, "doc_hash": "same"} for each in SAMPLES]
    (batch,) = read(_folder(tmp_path, twice))
    assert batch.rows[0].items == [("same", 1.0), ("same-2", 0.0)]


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        ([_sample(0, 1.0), _sample(1, 1.0)], "the mean of the samples' exact_match is 1"),
        ([{**_sample(0, 1.0), "doc_hash": None}], "have no doc_hash"),
        ([_sample(0, 1.0), 7], "is not an object"),
    ],
)
def test_items_that_cannot_be_those_of_the_score_are_left_out(
    tmp_path: Path, samples: list[Any], why: str
) -> None:
    (batch,) = read(_folder(tmp_path, samples))
    assert batch.rows[0].items is None
    assert why in batch.doubtful[0].why


def test_items_that_are_true_or_false_count_as_1_or_0(tmp_path: Path) -> None:
    samples = [{**each, "exact_match": bool(each["exact_match"])} for each in SAMPLES[:2]]
    (batch,) = read(_folder(tmp_path, samples))
    assert batch.rows[0].items == [("h0", 1.0), ("h1", 0.0)]


def test_an_archive_has_results_and_samples_beside_each_other(tmp_path: Path) -> None:
    _folder(tmp_path, SAMPLES)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in tmp_path.iterdir():
            archive.write(path, f"org__soup/{path.name}")
    said = Said(held.getvalue(), "runs.zip")
    assert [row.items for row in said.rows] == [
        [("h0", 1.0), ("h1", 0.0)], [("h0", 1.0), ("h1", 0.5)],
    ]  # fmt: skip
    assert said.notes == ["its items belong to the results beside it"]


def test_samples_alone_are_refused_with_what_to_do() -> None:
    text = "".join(json.dumps(each) + "\n" for each in SAMPLES)
    assert "import the results_*.json of the same run" in Said(text, "samples_x.jsonl").why


def test_items_of_a_group_are_those_of_its_tasks(tmp_path: Path) -> None:
    tasks = ["leaderboard_musr_a", "leaderboard_musr_b"]
    scores = {"leaderboard_musr": {"exact_match,none": 0.5}}
    scores |= {task: {"exact_match,none": float(place)} for place, task in enumerate(tasks)}
    results = tmp_path / f"results_{DATE}.json"
    results.write_text(json.dumps(_document(
        results=scores, group_subtasks={"leaderboard_musr": tasks},
    )))  # fmt: skip
    for place, task in enumerate(tasks):
        sample = _sample(place, float(place), "none")
        (tmp_path / f"samples_{task}_{DATE}.jsonl").write_text(json.dumps(sample) + "\n")
    (batch,) = read(results)
    assert batch.rows[0].items == [("h0", 0.0), ("h1", 1.0)]


@pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder of real results")
def test_a_real_file_is_read_whole() -> None:
    path = Path(DATA or "") / "leaderboards" / "lm_eval_results_llama-3.2-3b_merged.json"
    (batch,) = read(path)
    assert (batch.refused, batch.doubtful) == ([], [])
    told = json.loads(path.read_text())
    scores = [
        value
        for task in told["results"].values()
        for key, value in task.items()
        if key != "alias" and "_stderr" not in key
    ]
    assert sorted(row.value for row in batch.rows if row.metric != "strict_acc") == sorted(scores)
    subtasks = [row for row in batch.rows if row.benchmark == "hendrycks_math" and row.subtask]
    whole = next(row for row in batch.rows if row.benchmark == "hendrycks_math" and not row.subtask)
    total = sum(row.value * (row.count or 0) for row in subtasks)
    assert whole.value == pytest.approx(total / sum(row.count or 0 for row in subtasks))
