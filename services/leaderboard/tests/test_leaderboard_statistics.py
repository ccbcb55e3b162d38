"""Intervals compared with published values, and with what must hold for any scores."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.statistics.intervals import (
    Estimate,
    combine,
    difference,
    mean,
    normal,
    wilson,
)

counts = st.integers(1, 5_000)
values = st.floats(-10, 10)
stderrs = st.floats(0, 5)


class TestNormal:
    def test_the_quantile_is_that_of_every_textbook(self):
        assert normal(0, 1).high == pytest.approx(1.959964, abs=1e-6)

    def test_is_symmetric(self):
        assert normal(0.4, 0.05) == Estimate(
            0.4, pytest.approx(0.302002, abs=1e-6), pytest.approx(0.497998, abs=1e-6)
        )


class TestWilson:
    @pytest.mark.parametrize(
        ("right", "count", "low", "high"),
        [
            # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ],
    )
    def test_published_values(self, right, count, low, high):
        interval = wilson(right / count, count)
        assert interval.low == pytest.approx(low, abs=5e-5)
        assert interval.high == pytest.approx(high, abs=5e-5)

    @given(count=counts, data=st.data())
    def test_holds_its_value_within_zero_and_one(self, count, data):
        share = data.draw(st.integers(0, count)) / count
        interval = wilson(share, count)
        assert 0 <= interval.low <= share <= interval.high <= 1
        assert interval.high - interval.low > 0

    @given(count=counts, quarters=st.integers(0, 4))
    def test_narrows_with_more_items(self, count, quarters):
        few, many = wilson(quarters / 4, count), wilson(quarters / 4, 4 * count)
        assert many.high - many.low < few.high - few.low

    @given(count=counts, data=st.data())
    def test_wrong_and_right_are_mirror_images(self, count, data):
        right = data.draw(st.integers(0, count))
        interval, mirrored = wilson(right / count, count), wilson(1 - right / count, count)
        assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-9)


class TestDifference:
    def test_published_values(self):
        """Newcombe (1998), Statistics in Medicine 17, 873-890, table II (a), method 10."""
        found = difference(wilson(56 / 70, 70), wilson(48 / 80, 80))
        assert found.value == pytest.approx(0.2)
        assert found.low == pytest.approx(0.0524, abs=5e-5)
        assert found.high == pytest.approx(0.3339, abs=5e-5)

    @given(values, stderrs, values, stderrs)
    def test_of_normal_scores_adds_errors_as_a_root_sum_of_squares(self, a, a_error, b, b_error):
        found = difference(normal(a, a_error), normal(b, b_error))
        expected = normal(a - b, math.sqrt(a_error**2 + b_error**2))
        assert (found.value, found.low, found.high) == pytest.approx(
            (expected.value, expected.low, expected.high), abs=1e-9
        )

    @given(counts, counts, st.data())
    def test_the_other_way_round_is_the_mirror_image(self, n, m, data):
        one = wilson(data.draw(st.integers(0, n)) / n, n)
        other = wilson(data.draw(st.integers(0, m)) / m, m)
        there, back = difference(one, other), difference(other, one)
        assert there.low == pytest.approx(-back.high, abs=1e-12)


class TestMean:
    def test_of_one_is_itself(self):
        one = wilson(0.9, 30)
        found = mean([one])
        assert (found.low, found.high) == pytest.approx((one.low, one.high))

    def test_of_four_alike_has_half_the_error(self):
        found = mean([normal(0.5, 0.1)] * 4)
        assert found.high - 0.5 == pytest.approx((normal(0.5, 0.1).high - 0.5) / 2)

    @given(st.lists(st.tuples(values, stderrs), min_size=1, max_size=6))
    def test_holds_its_value(self, drawn):
        found = mean([normal(*each) for each in drawn])
        assert found.low <= found.value <= found.high
        assert found.value == pytest.approx(sum(value for value, _ in drawn) / len(drawn))


def test_combining_nothing_has_no_error():
    assert combine([]) == Estimate(0, 0, 0)
