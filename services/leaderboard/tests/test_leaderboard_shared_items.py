"""Items that models share, aligned with and without a look at them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leaderboard.statistics import binomial, mcnemar
from leaderboard.statistics.shared_items import ItemsOfSet, aligned

scores = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=3)


@given(scores, scores)
def test_scores_of_one_set_are_aligned_as_plain_ones_are(one, other):
    names = ("a", "b", "c")
    shared = [ItemsOfSet(names, np.array(each)) for each in (one, other)]
    plain = [dict(zip(names, each, strict=True)) for each in (one, other)]
    assert shared == plain
    assert [each.tolist() for each in aligned(shared)] == [each.tolist() for each in aligned(plain)]
    mixed = aligned([shared[0], {"b": 1.0, "d": 0.0}])
    assert [each.tolist() for each in mixed] == [[one[1]], [1.0]]


@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from([0.05, 0.001, 0.05 / 60]))
def test_the_conditional_interval_is_that_of_clopper_and_pearson(better, worse, alpha):
    trials = better + worse
    if not trials:
        return
    found = mcnemar._conditional(better, worse, 1000, alpha)
    exact = stats.binomtest(better, trials).proportion_ci(1 - alpha, "exact")
    low, high = ((2 * share - 1) * trials / 1000 for share in exact)
    assert found == pytest.approx((low, high), abs=1e-12)
    back = mcnemar._conditional(worse, better, 1000, alpha)
    assert (-back[1], -back[0]) == found


@pytest.mark.parametrize("trials", [1, 2, 7, 60, 919, 14_042])
@pytest.mark.parametrize("tail", [0.025, 0.025 / 20, 1e-6])
def test_the_highest_share_is_a_quantile_of_the_beta_distribution(trials, tail):
    """With none, few, half and nearly all of the trials successful."""
    for successes in sorted({0, min(1, trials - 1), trials // 2, trials - 1}):
        found = binomial.highest(successes, trials, tail)
        expected = stats.beta.isf(tail, successes + 1, trials - successes)
        assert found == pytest.approx(expected, rel=1e-9)
        left = stats.binom.cdf(successes, trials, found)
        assert binomial.at_most(successes, trials, found) == pytest.approx(left, rel=1e-8)
