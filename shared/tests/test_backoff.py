"""Pauses grow to a limit and are spread; `Retry-After` is read by RFC 9110."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mergehub.backoff import Backoff, retry_after

NOW = datetime(1994, 11, 6, 8, 49, 7, tzinfo=UTC)  # half a minute before the RFC's example


def test_pauses_double_up_to_the_longest() -> None:
    pauses = Backoff(first=0.25, longest=5).pauses()
    assert list(islice(pauses, 7)) == [0.25, 0.5, 1, 2, 4, 5, 5]


def test_a_factor_of_its_own() -> None:
    assert list(islice(Backoff(first=1, factor=4).pauses(), 4)) == [1, 4, 16, 64]


@given(st.integers(1, 10**9))
def test_no_number_of_failures_is_too_large(failures: int) -> None:
    assert 0.1 <= Backoff(first=0.1, longest=5).pause(failures) <= 5


@given(st.integers(1, 20), st.floats(0, 1))
def test_no_pause_leaves_its_share_of_jitter(failures: int, jitter: float) -> None:
    whole = Backoff(first=0.1, longest=5).pause(failures)
    drawn = Backoff(first=0.1, longest=5, jitter=jitter).pause(failures)
    assert whole * (1 - jitter) <= drawn <= whole


def test_pauses_with_jitter_are_spread() -> None:
    backoff = Backoff(first=1, jitter=0.5)
    assert len({backoff.pause(1) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
    ids=["IMF-fixdate", "RFC 850", "asctime"],
)
def test_each_form_of_a_date_in_the_rfc_is_read(date: str) -> None:
    assert retry_after(date, NOW) == 30


@given(st.integers(-(10**6), 10**6))
def test_a_date_is_so_many_seconds_away(asked: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=asked), usegmt=True)
    assert retry_after(date, NOW) == max(asked, 0)


@given(st.integers(0, 10**30))
def test_seconds_are_as_they_stand(asked: int) -> None:
    assert retry_after(str(asked)) == float(asked)


def test_more_digits_than_a_number_holds_are_for_ever() -> None:
    assert retry_after("9" * 5000) == math.inf


@pytest.mark.parametrize("value", [None, "", "soon", "-1", "1.5", "nan", "inf", "1e3", "²", "\0"])
def test_what_is_neither_seconds_nor_a_date_says_nothing(value: str | None) -> None:
    assert retry_after(value) is None


@given(st.text())
def test_any_text_does_no_harm(value: str) -> None:
    found = retry_after(value)
    assert found is None or found >= 0
