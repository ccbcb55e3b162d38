"""Items that models share, aligned with and without a look at them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leaderboard.statistics import binomial, bootstrap, differences, mcnemar
from leaderboard.statistics.intervals import Estimate
from leaderboard.statistics.mcnemar import Counts
from leaderboard.statistics.shared_items import ItemsOfSet, RightOrWrong, aligned, right_in

marks = st.lists(st.lists(st.booleans(), min_size=19, max_size=19), min_size=2, max_size=5)
scores = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=3)


@given(scores, scores)
def test_scores_of_one_set_are_aligned_as_plain_ones_are(one, other):
    names = ("a", "b", "c")
    shared = [ItemsOfSet(names, np.array(each)) for each in (one, other)]
    plain = [dict(zip(names, each, strict=True)) for each in (one, other)]
    assert shared == plain
    assert [list(each.values()) for each in aligned(shared)] == [one, other]
    assert aligned(plain) == aligned(shared)
    mixed = aligned([shared[0], {"b": 1.0, "d": 0.0}])
    assert mixed == [{"b": one[1]}, {"b": 1.0}]


@given(marks)
def test_packed_items_are_what_plain_ones_are(several):
    names = tuple(f"{at:02}" for at in range(19))
    plain = [ItemsOfSet(names, np.array(each, np.float64)) for each in several]
    packed = [RightOrWrong(names, np.packbits(each).tobytes()) for each in several]
    assert packed == plain
    assert [each.right for each in packed] == [each.right for each in plain]


@given(marks)
def test_items_are_sorted_by_how_many_have_them_right(several):
    packed = [int("".join("01"[each] for each in one), 2) for one in several]
    found = [f"{each:019b}" for each in right_in(packed, 19)]
    for at, right in enumerate(np.array(several).sum(axis=0).tolist()):
        assert [each[at] for each in found] == ["01"[n == right] for n in range(len(found))]


@given(marks)
def test_the_counts_of_differences_give_the_interval_of_the_items(several):
    names = tuple(f"{at:02}" for at in range(19))
    own, other, *more = (np.array(each, np.float64) for each in several)
    sides = [ItemsOfSet(names, each) for each in (other, other, *more)]

    def unknown(_: float) -> Estimate:
        raise AssertionError

    mine = ItemsOfSet(names, own)
    found = differences.between(unknown, mine, [(unknown, each) for each in sides])
    plain = bootstrap.mean(own - np.mean([each.scores for each in sides], axis=0))
    ends = (plain.value, plain.low, plain.high)
    assert (found.method, found.items) == ("paired-bootstrap", 19)
    estimate = found.estimate
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(ends, abs=1e-12)


@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from([0.05, 0.001, 0.05 / 60]))
def test_the_conditional_interval_is_that_of_clopper_and_pearson(better, worse, alpha):
    trials = better + worse
    if not trials:
        return
    both = np.array([better, worse], np.float64)
    low, high = mcnemar._conditional(both, both[::-1], np.full(2, 1000.0), np.full(2, alpha))
    exact = stats.binomtest(better, trials).proportion_ci(1 - alpha, "exact")
    expected = [(2 * share - 1) * trials / 1000 for share in exact]
    assert (low[0], high[0]) == pytest.approx(expected, abs=1e-12)
    assert (-high[1], -low[1]) == (low[0], high[0])


@pytest.mark.parametrize("trials", [1, 2, 7, 60, 919, 14_042])
@pytest.mark.parametrize("tail", [0.025, 0.025 / 20, 1e-6])
def test_the_highest_share_is_a_quantile_of_the_beta_distribution(trials, tail):
    """With none, few, half and nearly all of the trials successful."""
    successes = np.array(sorted({0, min(1, trials - 1), trials // 2, trials - 1}), np.float64)
    found = binomial.highest(successes, np.full_like(successes, trials), tail + 0 * successes)
    assert found == pytest.approx(stats.beta.isf(tail, successes + 1, trials - successes), rel=1e-9)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_few_successes_are_as_likely_as_the_binomial_distribution_says(share):
    """Alone and beside others, of very different numbers of trials."""
    pairs = [
        (few, n) for n in (1, 2, 7, 919, 14_042) for few in {0, n // 9, n // 3, int(n * share)}
    ]
    few, trials = np.array(pairs, np.float64).T
    expected = stats.binom.cdf(few, trials, share)
    assert binomial.at_most(few, trials, share) == pytest.approx(expected, rel=1e-8)
    alone = [
        float(binomial.at_most(few[at : at + 1], trials[at : at + 1], share)[0])
        for at in range(len(few))
    ]
    assert alone == pytest.approx(expected, rel=1e-8)


counts = st.tuples(*[st.integers(0, 300)] * 3).filter(any)
asked = st.tuples(
    counts.map(lambda of: Counts(of[0], of[1], sum(of))), st.sampled_from([0.05, 0.01, 0.05 / 60])
)


@given(st.lists(asked, min_size=1, max_size=20))
def test_an_interval_is_the_same_whatever_others_are_computed_with_it(several):
    together = mcnemar._intervals(several)
    for each, found in zip(several, together, strict=True):
        (alone,) = mcnemar._intervals([each])
        ends = (alone.value, alone.low, alone.high)
        assert (found.value, found.low, found.high) == pytest.approx(ends, abs=1e-12)


def test_no_more_intervals_are_kept_than_fit(monkeypatch):
    monkeypatch.setattr(mcnemar, "KEPT", 5)
    found = [mcnemar.difference(better, 3, 40) for better in range(20)]
    assert len(mcnemar._kept) <= 5
    assert [mcnemar.difference(better, 3, 40) for better in range(20)] == found
