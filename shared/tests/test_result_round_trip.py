"""Rows that are written and read again are the same rows."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from result_texts import Said

from mergehub.benchmarks.catalogue import benchmarks
from mergehub.contracts.results import Claims, ResultRow
from mergehub.result_files import WRITABLE, write, written

NAMES = {"csv": "x.csv", "jsonl": "x.jsonl", "every-eval-ever": "x.jsonl", "lm-eval": "x.json",
         "model-index": "README.md"}  # fmt: skip
LOST = {
    "csv": {"line", "place", "items", "claims"},
    "jsonl": {"line", "place"},
    "every-eval-ever": {"line", "place", "items", "claims"},
    "lm-eval": {"line", "place", "claims"},
    "model-index": {"line", "place", "items", "claims"},
}
"""What each format has no place for."""

words = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
labels = words.map(lambda word: f"v{word}")
shares = st.floats(0, 1)
KNOWN = [
    (benchmark.name, version.version, metric)
    for benchmark in benchmarks().values()
    for version in benchmark.versions
    for metric, definition in version.metrics.items()
    if not definition.of
]
settings = st.one_of(
    st.sampled_from(KNOWN).map(lambda each: (*each, None)),
    st.tuples(words.map(lambda word: f"own-{word}"), labels, st.just("acc"), st.none() | labels),
)
models = st.tuples(words, words).map("/".join)


@st.composite
def rows(draw: st.DrawFn) -> ResultRow:
    benchmark, version, metric, subtask = draw(settings)
    count = draw(st.none() | st.integers(1, 10_000))
    return ResultRow(
        model=draw(models), revision=draw(st.none() | labels),
        precision=draw(st.none() | st.sampled_from(["bfloat16", "4bit", "gptq"])),
        benchmark=benchmark, version=version, subtask=subtask, metric=metric,
        value=draw(shares), stderr=draw(st.none() | shares), count=count, of=count,
        shots=draw(st.none() | st.integers(0, 64)),
        chat_template=draw(st.none() | st.booleans()),
        limited=draw(st.sampled_from([None, True])),
        harness=draw(st.sampled_from([None, "lm-evaluation-harness", "other"])),
        harness_version=draw(st.none() | labels),
        task_hash=draw(st.none() | labels), seed=draw(st.none() | st.integers(0, 2**31)),
        evaluated_on=draw(st.none() | st.dates(date(1990, 1, 1), date(2100, 1, 1))),
    )  # fmt: skip


def _kept(row: ResultRow, format_: str) -> dict[str, Any]:
    return row.model_dump(exclude=LOST[format_])


@pytest.mark.parametrize("format_", WRITABLE)
@given(told=st.lists(rows(), min_size=1, max_size=6, unique_by=lambda row: row.model))
def test_what_is_written_is_read_again(format_: str, told: list[ResultRow]) -> None:
    said = Said("".join(written(told, format_)), NAMES[format_])
    assert said.refused == []
    assert [_kept(row, format_) for row in said.rows] == [_kept(row, format_) for row in told]


def test_json_lines_keep_items_and_claims() -> None:
    row = ResultRow(
        model="a/b", benchmark="gsm8k", value=0.5, items=[("h", 1.0), ("i", 0.0)],
        claims=Claims(merged=True, base="a/base", flags=("flagged",)),
    )  # fmt: skip
    said = Said("".join(written([row], "jsonl")), "x.jsonl")
    assert said.row.model_copy(update={"line": None, "place": None}) == row


def test_results_of_the_harness_keep_items() -> None:
    row = ResultRow(
        model="a/b", benchmark="gsm8k", version="test", metric="exact_match", value=0.5, count=2,
        of=2, items=[("h", 1.0), ("i", 0.0)],
    )  # fmt: skip
    said = Said("".join(written([row], "lm-eval")), "x.json")
    assert said.row.items == row.items


def test_one_task_under_two_conditions_is_in_two_documents() -> None:
    told = [
        ResultRow(model="a/b", benchmark="gsm8k", version="test", metric="exact_match",
                  value=0.5, shots=shots)
        for shots in (0, 5)
    ]  # fmt: skip
    text = "".join(written(told, "lm-eval"))
    assert len(text.splitlines()) == 2
    assert [row.shots for row in Said(text, "x.json").rows] == [0, 5]


def test_neighbouring_rows_of_one_model_share_a_record() -> None:
    told = [ResultRow(model="a/b", benchmark=name, value=0.5) for name in ("gsm8k", "mmlu", "arc")]
    assert len("".join(written(told, "every-eval-ever")).splitlines()) == 1
    (document,) = "".join(written(told, "lm-eval")).splitlines()
    assert len(json.loads(document)["results"]) == 3


def test_rows_are_written_to_a_file() -> None:
    held = io.StringIO()
    write([ResultRow(model="a/b", benchmark="gsm8k", value=0.5)], "csv", held)
    assert held.getvalue().splitlines()[1].startswith("a/b,")
