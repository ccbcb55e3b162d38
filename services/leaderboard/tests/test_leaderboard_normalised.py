"""The rules of Open LLM Leaderboard v2, against its formula written out, and on its real table."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_facts import Result, World

from leaderboard.boards.catalogue import built_in
from leaderboard.boards.column_scores import Scale
from leaderboard.boards.making.maker import BoardMaker
from leaderboard.boards.service import of_hub
from leaderboard.boards.standing import Board

DATA = os.environ.get("MERGEHUB_REAL_DATA")
MUSR = {"murder_mysteries": 1 / 2, "object_placements": 1 / 5, "team_allocation": 1 / 3}
TABLE = {  # of a benchmark: its column, version, metric, shots and what a guess scores
    "ifeval": ("IFEval", "1", "strict_acc", 0, 0.0),
    "bbh": ("BBH", "open-llm-2", "acc_norm", 3, None),
    "math": ("MATH Level 5", "level-5", "exact_match", 4, 0.0),
    "gpqa": ("GPQA", "open-llm-2", "acc_norm", 0, 1 / 4),
    "musr": ("MUSR", "open-llm-2", "acc_norm", 0, (250 / 2 + 256 / 5 + 250 / 3) / 756),
    "mmlu-pro": ("MMLU-PRO", "open-llm-2", "acc", 5, 1 / 10),
}


def v2(world: World) -> Board:
    return BoardMaker().make(world.facts(), of_hub(built_in()["open-llm-v2"]).rules)


def score(board: Board, benchmark: str) -> float:
    names = [each.column.benchmark for each in board.columns]
    return float(board.value(names.index(benchmark))[0])


def musr(subtask: str, value: float) -> Result:
    return Result(
        "m", "musr", value, version="open-llm-2", metric="acc_norm", subtask=subtask, count=250
    )


@given(st.tuples(*(st.floats(0, 1) for _ in MUSR)))
def test_subtasks_are_normalised_one_by_one_and_below_a_guess_is_nothing(values):
    world = World()
    world.add([musr(name, value) for name, value in zip(MUSR, values, strict=True)])
    expected = [
        100 * max(0, (value - guess) / (1 - guess))
        for guess, value in zip(MUSR.values(), values, strict=True)
    ]
    assert score(v2(world), "musr") == pytest.approx(sum(expected) / 3)


def test_a_model_that_lacks_a_subtask_has_the_score_of_the_whole_if_there_is_one():
    world = World()
    world.add([musr("murder_mysteries", 0.9), musr("object_placements", 0.9)])
    assert len(v2(world)) == 0
    world.add([musr("", 0.9)])
    guess = TABLE["musr"][4]
    assert score(v2(world), "musr") == pytest.approx(100 * (0.9 - guess) / (1 - guess))


@given(st.floats(0, 0.95), st.lists(st.floats(0, 1), min_size=2, max_size=9), st.booleans())
def test_a_guess_is_zero_perfection_a_hundred_and_more_is_never_less(guess, values, cut):
    scale = Scale(guess, cut)
    assert scale.of(np.array([guess, 1.0])) == pytest.approx([0, 100])
    scaled = scale.of(np.sort(np.array(values)))
    assert (np.diff(scaled) >= 0).all()
    assert not cut or (scaled >= 0).all()


@pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder")
def test_the_real_table_recomputes():
    with Path(DATA, "leaderboards", "open_llm_v2_every_eval_ever_flat.csv").open() as file:
        rows = list(csv.DictReader(file))
    world = World()
    for benchmark, (column, version, metric, shots, _) in TABLE.items():
        world.add(
            [
                Result(
                    *(row["model"], benchmark, float(row[column])),
                    precision=row["precision"], version=version, metric=metric, shots=shots,
                    source=2,
                )
                for row in rows
                if row[column]
            ]
        )  # fmt: skip
    board = v2(world)
    facts = board.facts
    kinds = [facts.codes.precision[code] for code in facts.variants.precision[board.variants]]
    names = [facts.name(model) for model in board.models.tolist()]
    means = dict(zip(zip(names, kinds, strict=True), board.mean.tolist(), strict=True))
    guess_of_bbh = board.scores[1].scale.guess
    newest = {(row["model"], row["precision"]): row for row in rows}
    assert means.keys() == newest.keys()
    for key, row in newest.items():
        scores = [
            100 * max(0, (float(row[column]) - own) / (1 - own))
            for column, *_, guess in TABLE.values()
            for own in [guess_of_bbh if guess is None else guess]
        ]
        assert means[key] == pytest.approx(sum(scores) / 6, abs=0.005)
