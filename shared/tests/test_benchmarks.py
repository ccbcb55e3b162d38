"""The definitions of benchmarks, the names that find them, and scores on the common scale."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mergehub.benchmarks.baselines import Baseline, normalised, normalised_over_subtasks, scale
from mergehub.benchmarks.catalogue import benchmarks, find
from mergehub.benchmarks.definition import Benchmark, Metric, Version

OPEN_LLM = {
    1: ["arc", "hellaswag", "mmlu", "truthfulqa", "winogrande", "gsm8k"],
    2: ["ifeval", "bbh", "math", "gpqa", "musr", "mmlu-pro"],
}

VERSIONS = [
    (benchmark, version) for benchmark in benchmarks().values() for version in benchmark.versions
]
METRICS = [
    pytest.param(version, metric, id=f"{benchmark.name}-{version.version}-{name}")
    for benchmark, version in VERSIONS
    for name, metric in version.metrics.items()
]
shares = st.floats(0, 1)
baselines = st.floats(0, 0.9)


@pytest.mark.parametrize("name", [*OPEN_LLM[1], *OPEN_LLM[2], "humaneval", "mbpp", "mgsm"])
def test_the_usual_benchmarks_are_defined(name: str) -> None:
    assert benchmarks()[name].name == name


@pytest.mark.parametrize(("version", "metric"), METRICS)
def test_the_parts_of_a_benchmark_add_up_to_its_items(version: Version, metric: Metric) -> None:
    if metric.baseline and metric.baseline.choices:
        assert sum(metric.baseline.choices.values()) == version.items
    if metric.baseline and metric.baseline.subtasks:
        assert sum(each.items for each in metric.baseline.subtasks.values()) == version.items


def test_no_name_stands_for_two_benchmarks() -> None:
    for name, benchmark in benchmarks().items():
        for known in (name, benchmark.title, *benchmark.aliases):
            found = find(known)
            assert found is not None
            assert found.benchmark.name == name, known


@pytest.mark.parametrize(
    ("name", "benchmark", "version", "subtask"),
    [
        ("ARC (25-shot)", "arc", "challenge", None),
        ("arc_challenge", "arc", "challenge", None),
        ("AI2 Reasoning Challenge (25-Shot)", "arc", "challenge", None),
        ("MMLU-PRO", "mmlu-pro", "open-llm-2", None),
        ("MATH Lvl 5", "math", "level-5", None),
        ("MATH Level 5", "math", "level-5", None),
        ("MUSR", "musr", "open-llm-2", None),
        ("leaderboard_gpqa_diamond", "gpqa", "diamond", None),
        ("leaderboard_bbh_navigate", "bbh", "open-llm-2", "navigate"),
        ("leaderboard_math_algebra_hard", "math", "level-5", "algebra"),
        ("mgsm_native_cot_de", "mgsm", "native-chain-of-thought", "de"),
        ("TruthfulQA (0-shot)", "truthfulqa", "mc2", None),
        ("gsm8k (5 shots)", "gsm8k", "test", None),
    ],
)
def test_the_names_that_files_use_find_their_benchmark(
    name: str, benchmark: str, version: str, subtask: str | None
) -> None:
    found = find(name)
    assert found is not None
    assert (found.benchmark.name, found.version.version, found.subtask) == (
        benchmark,
        version,
        subtask,
    )


@pytest.mark.parametrize("name", ["", "  ", "Average", "flagged", "5-shot"])
def test_other_names_find_nothing(name: str) -> None:
    assert find(name) is None


@given(baselines)
def test_a_guess_is_0_and_perfection_100(baseline: float) -> None:
    assert normalised(baseline, baseline) == 0
    assert normalised(1, baseline) == pytest.approx(100)


@given(shares, shares, baselines)
def test_a_better_value_has_a_better_score(one: float, other: float, baseline: float) -> None:
    difference = normalised(one, baseline) - normalised(other, baseline)
    assert difference == pytest.approx((one - other) * scale(baseline), abs=1e-9)


def test_questions_with_fewer_choices_are_easier_to_guess() -> None:
    assert Baseline(choices={2: 1, 4: 1}).expected == pytest.approx(3 / 8)
    arc = benchmarks()["arc"].versions[0].metrics["acc_norm"].baseline
    assert arc is not None
    assert arc.expected == pytest.approx((4 / 3 + 1165 / 4 + 3 / 5) / 1172)


def test_subtasks_are_normalised_before_their_mean() -> None:
    musr = benchmarks()["musr"].versions[0].metrics["acc_norm"].baseline
    assert musr is not None
    guess = {"murder_mysteries": 1 / 2, "object_placements": 1 / 5, "team_allocation": 1 / 3}
    assert normalised_over_subtasks(guess, musr) == pytest.approx(0)
    better = guess | {"murder_mysteries": 3 / 4}
    assert normalised_over_subtasks(better, musr) == pytest.approx(50 / 3)
    with pytest.raises(KeyError):
        normalised_over_subtasks({"murder_mysteries": 1}, musr)


@pytest.mark.parametrize(
    "fault",
    [
        "{}",
        "{value: 0.5, choices: {2: 10}}",
        "{value: 1}",
        "{choices: {1: 10}}",
        "{choices: {4: 0}}",
        "{subtasks: {navigate: {items: 0}}}",
    ],
)
def test_a_baseline_that_makes_no_sense_is_refused(fault: str) -> None:
    with pytest.raises(ValidationError):
        Baseline.model_validate(yaml.safe_load(fault))


def test_a_version_ranks_by_a_metric_that_it_has() -> None:
    arc = benchmarks()["arc"].model_dump(mode="json")
    arc["versions"][0]["metric"] = "f1"
    with pytest.raises(ValidationError, match="metrics lacks f1"):
        Benchmark.model_validate(arc)
