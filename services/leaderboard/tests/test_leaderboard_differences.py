"""Differences between two models, compared with scipy, published values and simulations."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from leaderboard.statistics import bootstrap, differences, mcnemar, tango
from leaderboard.statistics.families import adjusted, alphas, level, verdict
from leaderboard.statistics.intervals import Estimate, normal, wilson

counts = st.integers(0, 300)
p_values = st.lists(st.floats(0.0001, 1), min_size=1, max_size=12)
scores = st.dictionaries(
    st.sampled_from([f"item-{number}" for number in range(12)]),
    st.sampled_from([0.0, 0.25, 1.0]),
    min_size=2,
)


def known(items: dict[str, float]) -> tuple[differences.Interval, dict[str, float]]:
    """A side of a comparison, with the score and interval of its items."""
    share = sum(items.values()) / len(items) if items else 0.5
    return partial(wilson, share, max(len(items), 1)), items


def between(one: dict[str, float], *others: dict[str, float]) -> differences.Difference:
    return differences.between(*known(one), [known(other) for other in others])


class TestMcnemar:
    @given(better=counts, worse=counts)
    def test_the_exact_test_is_a_binomial_test(self, better, worse):
        expected = 1.0
        if better + worse:
            expected = stats.binomtest(better, better + worse, 0.5).pvalue
        assert mcnemar.exact_p(better, worse) == pytest.approx(expected, rel=1e-9)

    def test_a_published_p_value(self):
        """Fagerland, Lydersen & Laake (2013), BMC Med Res Methodol 13:91, table 1: 1 and 7."""
        assert mcnemar.exact_p(1, 7) == pytest.approx(0.0703, abs=5e-5)

    @given(better=st.integers(0, 60), worse=st.integers(0, 60), same=st.integers(0, 200))
    def test_the_interval_agrees_with_the_exact_test(self, better, worse, same):
        if not better + worse:
            return
        found = mcnemar.difference(better, worse, better + worse + same)
        assert found.low <= found.value <= found.high
        if mcnemar.exact_p(better, worse) > 0.05:
            assert found.low <= 0 <= found.high

    @given(better=st.integers(0, 40), worse=st.integers(0, 40), same=st.integers(1, 100))
    def test_swapping_the_models_turns_the_interval_around(self, better, worse, same):
        items = better + worse + same
        one = mcnemar.difference(better, worse, items)
        other = mcnemar.difference(worse, better, items)
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)

    @pytest.mark.parametrize(("better", "worse", "same"), [(3, 1, 40), (20, 12, 60), (0, 5, 30)])
    def test_the_ends_are_where_the_score_test_begins_to_refuse(self, better, worse, same):
        """The share of worse items is found by an optimiser, not by the formula."""
        items = better + worse + same
        of = (np.array([each], np.float64) for each in (better, worse, items, 0.05))
        for end in np.concatenate(tango.interval(*of)).tolist():
            q = likely_share(better, worse, same, end)
            variance = items * (2 * q + end * (1 - end))
            distance = (better - worse - items * end) / math.sqrt(variance)
            assert abs(distance) == pytest.approx(1.959964, abs=1e-3)

    @pytest.mark.parametrize(("better", "worse"), [(0.08, 0.08), (0.10, 0.04), (0.3, 0.02)])
    def test_95_of_100_intervals_hold_the_truth(self, better, worse):
        """It is the wider of two, so it may hold the truth more often, but not less often."""
        drawn = np.random.default_rng(1).multinomial(150, [better, worse, 1 - better - worse], 1000)
        held = [
            found.low <= better - worse <= found.high
            for b, w, _ in drawn
            if (found := mcnemar.difference(int(b), int(w), 150))
        ]
        assert 0.93 <= np.mean(held) <= 0.995

    def test_two_fifths_of_a_point_on_919_items_are_no_clear_difference(self):
        found = mcnemar.difference(60, 56, 919)
        assert found.value == pytest.approx(0.00435, abs=1e-5)
        assert verdict(found) == "no clear difference"


def likely_share(better: int, worse: int, same: int, delta: float) -> float:
    def unlikely(q: float) -> float:
        parts = ((better, q + delta), (worse, q), (same, 1 - 2 * q - delta))
        return -math.fsum(n * math.log(max(p, 1e-300)) for n, p in parts if n)

    bounds = (max(0.0, -delta), (1 - delta) / 2)
    found = optimize.minimize_scalar(
        unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-12}
    )
    return float(found.x)


class TestBootstrap:
    @pytest.mark.parametrize("count", [30, 200, 900])
    @pytest.mark.parametrize(
        ("values", "chances"),
        [
            ((-0.5, 0.0, 0.25, 1.0), (0.2, 0.6, 0.1, 0.1)),
            ((-1, -0.5, 0, 0.5, 1), (0.02, 0.1, 0.72, 0.13, 0.03)),
        ],
    )
    def test_95_of_100_intervals_hold_the_truth(self, count, values, chances):
        """Skewed differences with a true mean of 0.025; the second ones are to two parents."""
        random = np.random.default_rng(count)
        held = 0
        for _ in range(1000):
            found = bootstrap.mean(random.choice(values, size=count, p=chances))
            held += found.low <= 0.025 <= found.high
        assert 0.93 <= held / 1000 <= 0.97

    def test_many_values_give_the_interval_of_scipy(self):
        sample = np.random.default_rng(3).exponential(size=400) - 1
        found = bootstrap.mean(sample)
        theirs = stats.bootstrap((sample,), np.mean, method="percentile", rng=2)
        width = theirs.confidence_interval.high - theirs.confidence_interval.low
        assert found.low == pytest.approx(theirs.confidence_interval.low, abs=width / 20)
        assert found.high == pytest.approx(theirs.confidence_interval.high, abs=width / 20)

    @given(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 1 / 3, 1.0]), min_size=2, max_size=4))
    def test_the_means_are_those_of_all_resamples(self, sample):
        """All of the n to the power of n are counted one by one."""
        counted = Counter(
            round(sum(each) / len(each), 9) for each in product(sample, repeat=len(sample))
        )
        if len(set(sample)) == 1:
            assert bootstrap.mean(np.array(sample)) == Estimate(*[np.mean(sample)] * 3)
            return
        places, shares = bootstrap.means(*np.unique(sample, return_counts=True))
        for mean, times in counted.items():
            up_to = sum(n for other, n in counted.items() if other <= mean) / counted.total()
            near = places <= mean + 0.01
            assert shares[near].sum() == pytest.approx(up_to, abs=1e-9), (mean, times)

    @pytest.mark.parametrize(("better", "items"), [(4, 30), (37, 200), (400, 999)])
    def test_items_that_are_right_or_wrong_have_binomial_resamples(self, better, items):
        sample = np.repeat([1.0, 0.0], [better, items - better])
        found = bootstrap.mean(sample)
        reach = math.sqrt(items / (items - 1)) * stats.t.isf(0.025, items - 1)
        resamples = stats.binom(items, better / items)
        low, high = (resamples.ppf(stats.norm.cdf(side * reach)) / items for side in (-1, 1))
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)

    @given(st.lists(st.floats(-3, 3), min_size=2, max_size=40))
    def test_swapping_the_models_turns_any_interval_around(self, sample):
        there, back = bootstrap.mean(np.array(sample)), bootstrap.mean(-np.array(sample))
        assert there.low <= there.value <= there.high
        assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)

    def test_from_1000_items_on_it_is_that_of_the_central_limit_theorem(self):
        sample = np.random.default_rng(3).normal(size=1000)
        error = float(sample.std(ddof=1)) / math.sqrt(1000)
        assert bootstrap.mean(sample) == normal(float(sample.mean()), error)

    @pytest.mark.parametrize("count", [700, 999])
    def test_below_it_differs_little_from_that(self, count):
        sample = np.random.default_rng(3).normal(size=count)
        found = bootstrap.mean(sample)
        plain = normal(float(sample.mean()), float(sample.std(ddof=1)) / math.sqrt(count))
        width = (plain.high - plain.low) / 50
        assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=width)


class TestBetween:
    def test_right_or_wrong_is_mcnemar_s(self):
        found = between({"a": 1, "b": 1, "c": 1, "d": 0}, {"a": 0, "b": 1, "c": 0, "d": 1})
        assert (found.method, found.items, found.estimate.value) == ("mcnemar", 4, 0.25)
        assert found.p == mcnemar.exact_p(2, 1)

    def test_other_scores_are_resampled(self):
        found = between({"a": 1, "b": 0.5, "c": 1}, {"a": 0, "b": 1, "c": 0.25})
        assert (found.method, found.items) == ("paired-bootstrap", 3)

    def test_against_the_mean_of_two(self):
        found = between({"a": 1, "b": 0}, {"a": 1, "b": 1}, {"a": 0, "b": 0})
        assert (found.method, found.estimate.value) == ("paired-bootstrap", 0)

    def test_takes_common_items_alone_and_needs_two(self):
        one = {"a": 1.0, "b": 0.0, "x": 1.0}
        found = between(one, {"a": 0.0, "b": 0.0, "y": 1.0})
        assert (found.estimate.value, found.items) == (0.5, 2)
        assert between(one, {"a": 1.0}).method == "unpaired"
        assert between(one, {}).method == "unpaired"

    @given(one=scores, other=scores)
    def test_is_the_difference_of_the_means_over_common_items(self, one, other):
        common = one.keys() & other.keys()
        found = between(one, other)
        if len(common) < 2:
            assert (found.method, found.items) == ("unpaired", 0)
            return
        means = [sum(each[item] for item in common) / len(common) for each in (one, other)]
        assert found.estimate.value == pytest.approx(means[0] - means[1])
        assert found.estimate.low <= found.estimate.value <= found.estimate.high

    @given(one=scores, other=scores)
    def test_swapping_the_models_turns_the_difference_around(self, one, other):
        there, back = between(one, other).estimate, between(other, one).estimate
        turned = (-back.value, -back.high, -back.low)
        assert (there.value, there.low, there.high) == pytest.approx(turned, abs=1e-9)

    def test_is_surer_than_unpaired_where_items_are_hard_for_both(self):
        one = {f"{i}": float(i % 2) for i in range(100)}
        paired = between(one, one | {"1": 0.0}).estimate
        unpaired = between(one, {}).estimate
        assert paired.high - paired.low < (unpaired.high - unpaired.low) / 3

    def test_a_mean_over_benchmarks_says_how_it_was_compared(self):
        exact = between({"a": 1, "b": 1}, {"a": 0, "b": 1})
        scored = between({"a": 1, "b": 0.5}, {"a": 0, "b": 1})
        apart = between({}, {})
        assert differences.mean([exact, exact]).method == "mcnemar"
        assert differences.mean([exact, scored]).method == "paired-bootstrap"
        assert differences.mean([exact, apart]).method == "unpaired"
        assert differences.mean([exact, scored]).estimate.value == pytest.approx(0.375)


class TestFamilies:
    def test_a_textbook_example(self):
        """0.01, 0.04, 0.03 and 0.005 times 3, 1, 2 and 4, and never less than one before."""
        found = adjusted([0.01, 0.04, 0.03, 0.005])
        assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])

    @given(p_values)
    def test_the_procedure_finds_what_its_p_values_say(self, found):
        clear = [p < alpha for p, alpha in zip(found, alphas(found), strict=True)]
        assert clear == [p < 0.05 for p in adjusted(found)]

    def test_one_comparison_is_judged_as_if_alone(self):
        assert alphas([0.2]) == [0.05]
        assert adjusted([0.2]) == [0.2]

    def test_twenty_chances_make_one_of_twenty_no_news(self):
        assert min(adjusted([0.03] + [0.5] * 19)) > 0.05

    @given(value=st.floats(-1, 1), below=st.floats(0.001, 1), above=st.floats(0.001, 1))
    def test_a_p_value_below_5_percent_means_that_zero_is_outside(self, value, below, above):
        estimate = Estimate(value, value - below, value + above)
        assert (level(estimate) < 0.05) == (verdict(estimate) != "no clear difference")

    def test_a_normal_interval_has_the_p_value_of_the_z_test(self):
        assert level(normal(0.2, 0.1)) == pytest.approx(2 * stats.norm.sf(2))

    @pytest.mark.parametrize(
        ("low", "high", "said"),
        [
            (0.1, 0.3, "better"),
            (-0.3, -0.1, "worse"),
            (-0.1, 0.3, "no clear difference"),
            (0.0, 0.3, "no clear difference"),
        ],
    )
    def test_the_interval_alone_decides(self, low, high, said):
        assert verdict(Estimate((low + high) / 2, low, high)) == said
