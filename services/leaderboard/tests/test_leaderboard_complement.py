"""Models that complement each other: against brute force, and what shrinking is for."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tries import tries

from leaderboard.recommendations.complement import apart, groups, shrunk
from leaderboard.recommendations.licences import agreement

COLUMNS = 3
WEIGHTS = np.array([0.5, 0.25, 0.25])

scores = arrays.arrays(
    np.float64, st.tuples(st.integers(2, 8), st.just(COLUMNS)), elements=st.integers(0, 100)
)


def by_force(values: np.ndarray, size: int) -> list[tuple[float, tuple[int, ...]]]:
    """The potential of every group of which each member leads somewhere."""
    found = []
    for members in combinations(range(len(values)), size):
        own = values[list(members)]
        leads = [
            any(own[at, c] > max(np.delete(own[:, c], at)) for c in range(COLUMNS))
            for at in range(size)
        ]
        if all(leads):
            found.append((float(own.max(axis=0) @ WEIGHTS), members))
    return sorted(found, key=lambda each: -each[0])


@settings(max_examples=tries(25))
@given(scores, st.sampled_from((2, 3)))
def test_the_best_groups_are_those_that_brute_force_finds(values, size):
    free = ~np.eye(len(values), dtype=bool)
    found = groups(values, np.zeros_like(values), WEIGHTS, size, free, 1000)
    expected = by_force(values, size)
    assert sorted(each.members for each in found) == sorted(members for _, members in expected)
    assert [each.potential for each in found] == pytest.approx([value for value, _ in expected])
    for each in found:
        best = max(float(values[at] @ WEIGHTS) for at in each.members)
        assert each.complement == pytest.approx(each.potential - best)


@given(scores)
def test_swapping_the_models_changes_nothing(values):
    free = ~np.eye(len(values), dtype=bool)
    there = groups(values, np.ones_like(values), WEIGHTS, 2, free, 1000)
    back = groups(values[::-1], np.ones_like(values), WEIGHTS, 2, free, 1000)
    for of in ("potential", "complement"):
        one, other = (sorted(getattr(each, of) for each in found) for found in (there, back))
        assert one == pytest.approx(other)


def test_the_error_is_that_of_the_columns_where_another_model_leads():
    values = np.array([[90.0, 10, 10], [20.0, 80, 10]])
    errors = np.array([[1.0, 2, 3], [4.0, 5, math.nan]])
    [group] = groups(values, errors, WEIGHTS, 2, ~np.eye(2, dtype=bool), 5)
    assert group.leads == ((0,), (1,))
    assert group.potential == 90 * 0.5 + 80 * 0.25 + 10 * 0.25
    assert group.complement == pytest.approx(70 * 0.25)
    assert group.error == pytest.approx(0.25 * math.hypot(2, 5))


def test_two_models_of_which_one_comes_from_the_other_are_not_together():
    families = [frozenset[int](), frozenset({7}), frozenset({8})]
    models = np.array([7, 8, 9], np.int32)
    assert apart(families, models).tolist() == [
        [False, False, True],
        [False, False, False],
        [True, False, False],
    ]


def test_the_lucky_ones_of_many_equal_models_are_drawn_together():
    random = np.random.default_rng(7)
    values = 50 + 3 * random.standard_normal((200, COLUMNS))
    drawn = shrunk(values, np.full_like(values, 3.0))
    assert np.ptp(drawn) < 0.35 * np.ptp(values)


def test_scores_without_errors_stay_and_exact_ones_as_well():
    values = np.array([[10.0, 20, 30], [20.0, 30, 40], [60.0, 20, 10]])
    assert shrunk(values, np.full_like(values, math.nan)).tolist() == values.tolist()
    assert shrunk(values, np.zeros_like(values)) == pytest.approx(values)


@given(scores)
def test_shrinking_keeps_the_mean_and_the_order_of_equally_certain_scores(values):
    drawn = shrunk(values, np.full_like(values, 2.0))
    assert drawn.mean(axis=0) == pytest.approx(values.mean(axis=0))
    for before, after in zip(values.T, drawn.T, strict=True):
        order = np.argsort(before, kind="stable")
        assert np.all(np.diff(after[order]) >= -1e-9)


@pytest.mark.parametrize(
    ("licences", "verdict"),
    [
        (["apache-2.0", "mit"], "agree"),
        (["apache-2.0", "llama3.1"], "agree"),
        (["gpl-3.0", "llama3.1"], "conflict"),
        (["apache-2.0", "cc-by-nd-4.0"], "conflict"),
        (["apache-2.0", ""], "unknown"),
        (["apache-2.0", "other"], "unknown"),
        (["gpl-3.0", "llama3.1", ""], "conflict"),
    ],
)
def test_licences_agree_or_not(licences, verdict):
    found = agreement(licences)
    assert found.verdict == verdict
    assert bool(found.reasons) is (verdict != "agree")
