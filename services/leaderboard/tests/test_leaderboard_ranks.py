"""Intervals of ranks, compared with what they must be and with a plain simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leaderboard.statistics import ranks

boards = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 10)), min_size=1, max_size=12)


def intervals(board: list[tuple[float, float]]) -> ranks.RankIntervals:
    scores, errors = np.array(board, dtype=float).T
    return ranks.intervals(scores, errors, seed=1)


@given(boards)
def test_places_are_those_of_the_scores(board):
    found = intervals(board)
    expected = stats.rankdata([-score for score, _ in board], method="min")
    assert found.places.tolist() == expected.tolist()


@given(boards)
def test_an_interval_holds_the_place(board):
    found = intervals(board)
    assert (found.best <= found.places).all()
    assert (found.places <= found.worst).all()
    assert found.best.min() >= 1
    assert found.worst.max() <= len(board)


def test_scores_without_error_have_one_place_each():
    found = intervals([(3, 0), (1, 0), (2, 0)])
    assert found.best.tolist() == found.worst.tolist() == [1, 3, 2]


def test_models_that_cannot_be_told_apart_share_their_places():
    found = intervals([(50, 1), (50, 1), (90, 1), (10, 1)])
    assert found.best.tolist() == [2, 2, 1, 4]
    assert found.worst.tolist() == [3, 3, 1, 4]


def test_the_same_seed_gives_the_same_intervals():
    board = [(float(score), 2.0) for score in range(20)]
    assert intervals(board).worst.tolist() == intervals(board).worst.tolist()


def test_a_plain_simulation_finds_the_same():
    random = np.random.default_rng(5)
    scores, errors = random.normal(50, 5, 30), random.uniform(0.5, 3, 30)
    found = ranks.intervals(scores, errors, seed=1)
    drawn = random.normal(scores, errors, (20_000, 30))
    low, high = np.quantile(stats.rankdata(-drawn, axis=1), [0.025, 0.975], axis=0)
    assert found.best.tolist() == pytest.approx(low.tolist(), abs=1)
    assert found.worst.tolist() == pytest.approx(high.tolist(), abs=1)


def test_larger_boards_have_fewer_replicates(monkeypatch):
    monkeypatch.setattr(ranks, "CELLS", 20_000)
    assert ranks.intervals(np.arange(100.0), np.ones(100), seed=1).replicates == 200
    assert ranks.intervals(np.zeros(0), np.zeros(0), seed=1).replicates == 0
