"""What authors state on the Hugging Face Hub: model-index and .eval_results."""

from __future__ import annotations

import pytest
import yaml
from result_texts import Said

from mergehub.benchmarks.baselines import normalised
from mergehub.result_files import Unreadable


def _metric(title: str, kind: str, value: object, source: str | None = None) -> dict[str, object]:
    told: dict[str, object] = {
        "task": {"type": "text-generation"},
        "dataset": {"name": title, "type": "x/y"},
        "metrics": [{"type": kind, "value": value}],
    }
    return told | ({"source": {"name": source}} if source else {})


def _card(*results: dict[str, object], name: str = "org/soup") -> str:
    front = yaml.safe_dump({"license": "mit", "model-index": [{"name": name, "results": results}]})
    return f"---\n{front}---\n# Soup\n\nIt is good.\n"


def _said(*results: dict[str, object], **how: str) -> Said:
    return Said(_card(*results), "README.md", **how)


def test_scores_are_shares_whether_they_are_written_to_1_or_to_100() -> None:
    fine = _said(_metric("GSM8K", "exact_match", 0.62), _metric("MMLU", "acc", 0.7))
    assert fine.values() == [0.62, 0.7]
    percent = _said(_metric("GSM8K", "exact_match", 62.4), _metric("MMLU", "acc", 70))
    assert percent.values() == [pytest.approx(0.624), pytest.approx(0.7)]
    assert percent.values("benchmark", "metric") == [("gsm8k", "exact_match"), ("mmlu", "acc")]


def test_a_small_score_among_percents_is_doubtful() -> None:
    said = _said(_metric("GSM8K", "exact_match", 0.8), _metric("MMLU", "acc", 70),
                 _metric("HellaSwag", "acc_norm", 80))  # fmt: skip
    assert said.values() == [pytest.approx(0.008), 0.7, 0.8]
    assert "0.8 is taken as 0.8 of 100" in said.why


def test_each_source_has_a_scale_of_its_own() -> None:
    said = _said(_metric("GSM8K", "exact_match", 0.8, "mine"), _metric("MMLU", "acc", 70, "theirs"))
    assert said.values() == [0.8, 0.7]
    assert said.doubtful == []


def test_text_with_an_error_is_a_score() -> None:
    row = _said(_metric("ARC (25-shot)", "acc_norm", "64.91 ± 1.86")).row
    assert (row.value, row.stderr, row.shots) == (
        pytest.approx(0.6491), pytest.approx(0.0186), 25,
    )  # fmt: skip


@pytest.mark.parametrize("value", ["good", None, "1 / 2", [1], {"a": 1}])
def test_a_value_that_is_no_score_is_refused(value: object) -> None:
    said = _said(_metric("GSM8K", "exact_match", value))
    assert said.rows == []
    assert len(said.refused) == 1


def test_normalised_scores_of_open_llm_leaderboard_2_are_converted_back_or_refused() -> None:
    source = "Open LLM Leaderboard"
    said = _said(
        _metric("IFEval (0-Shot)", "inst_level_strict_acc", 79.95, source),
        _metric("BBH (3-Shot)", "acc_norm", 50.1, source),
        _metric("GPQA (0-shot)", "acc_norm", 12.0, source),
        _metric("MMLU-PRO (5-shot)", "acc", 45.0, source),
    )
    assert said.values("benchmark", "metric", "shots") == [
        ("ifeval", "strict_acc", 0), ("gpqa", "acc_norm", 0), ("mmlu-pro", "acc", 5),
    ]  # fmt: skip
    assert [normalised(row.value, base) for row, base in zip(said.rows, (0, 0.25, 0.1), strict=True)
            ] == pytest.approx([79.95, 12, 45])  # fmt: skip
    assert "mean over subtasks" in said.why


def test_scores_of_open_llm_leaderboard_1_are_raw() -> None:
    said = _said(_metric("AI2 Reasoning Challenge (25-Shot)", "acc_norm", 64.9,
                         "Open LLM Leaderboard"))  # fmt: skip
    assert said.row.value == pytest.approx(0.649)


@pytest.mark.parametrize(
    ("name", "path", "model"),
    [
        ("org/soup", "README.md", "org/soup"),
        ("soup", "org/soup/README.md", "org/soup"),
        ("soup", "org__soup.md", "org/soup"),
        ("soup", "models--org--soup/snapshots/1/README.md", "org/soup"),
    ],
)
def test_the_model_is_named_in_the_card_or_by_its_folders(name: str, path: str, model: str) -> None:
    card = _card(_metric("GSM8K", "exact_match", 0.5), name=name)
    assert Said(card, path).row.model == model


def test_a_card_of_no_known_model_is_refused() -> None:
    card = _card(_metric("GSM8K", "exact_match", 0.5), name="soup")
    assert "give its name (--model in a shell)" in Said(card, "README.md").why
    assert Said(card, "README.md", model="me/soup").row.model == "me/soup"


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("See https://huggingface.co/spaces/x/y?query=org/soup.", "org/soup"),
        ("This is org/Soup.", "org/Soup"),
        ("This is org/soup, not other/soup.", None),
    ],
)
def test_a_short_name_is_the_one_model_of_it_that_the_text_mentions(
    text: str, model: str | None
) -> None:
    said = Said(f"{_card(_metric('GSM8K', 'exact_match', 0.5), name='soup')}\n{text}\n", "a.md")
    assert [row.model for row in said.rows] == [each for each in [model] if each]
    assert ("mentions one model" in said.why) == (model is not None)


@pytest.mark.parametrize(
    ("card", "why"),
    [
        ("# Soup\n", "cannot be read|no model-index"),
        ("---\nlicense: mit\n---\n", "no model-index"),
        ("---\na: [\n---\n", "cannot be read"),
    ],
)
def test_a_card_without_results_says_so(card: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        Said(card, "README.md")


EVAL_RESULTS = """
- dataset:
    id: Idavidrein/gpqa
    task_id: gpqa_diamond
  value: 41.2
  date: "2025-01-15T10:30:00Z"
  notes: "5-shot, no tools"
- dataset:
    id: openai/gsm8k
    task_id: default
  value: 61.0
- dataset:
    id: cais/hle
    task_id: hle
  value: 20.9
- value: 1
"""


def test_eval_results_are_read_with_their_data_sets() -> None:
    said = Said(EVAL_RESULTS, "org/soup/.eval_results/mine.yaml")
    assert said.formats == ["eval-results"]
    assert said.values("model", "benchmark", "metric", "value", "shots") == [
        ("org/soup", "gpqa", "acc_norm", pytest.approx(0.412), 5),
        ("org/soup", "gsm8k", "exact_match", pytest.approx(0.61), None),
        ("org/soup", "hle", None, pytest.approx(0.209), None),
    ]
    assert str(said.rows[0].evaluated_on) == "2025-01-15"
    assert [line for line, _ in said.refused] == [16]
    assert "--model" in Said(EVAL_RESULTS, "mine.yaml").why
