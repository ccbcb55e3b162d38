"""Some hundred texts read as recipes; `make fuzz-recipes` tries many more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz.recipes.attacks import ATTACKS
from fuzz.recipes.hunt import CHECKS, Found, Judge, hunt, judging

pytestmark = pytest.mark.fuzz

SEED, TEXTS = 1, 60


@pytest.mark.parametrize("function", CHECKS)
def test_no_text_does_more_than_parse_or_be_refused_in_little_time_and_memory(
    function: str, tmp_path: Path
) -> None:
    with judging(function) as judge:
        hunt(judge, SEED, TEXTS, tmp_path)
    assert judge.judged == TEXTS


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with judging(CHECKS[0]) as judge:
        yield judge


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_ends_soon_and_in_little_memory(judge: Judge, text: str) -> None:
    assert judge.judge(text) is None


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("raises", "RecursionError"),
        ("is_slow", "of processor time|ended by SIG(XCPU|KILL)"),
        ("never_ends", "ended by SIG(XCPU|KILL)"),
        ("is_hungry", "MB of memory"),
        ("is_starved", "MemoryError"),
    ],
)
def test_a_reader_that_takes_more_is_noticed(function: str, says: str) -> None:
    with judging(f"fuzz.recipes.planted:{function}") as judge:
        assert judge.judge("well") is None
        assert re.search(says, judge.judge("bad") or "")
        assert judge.judge("well") is None


def test_the_shortest_text_that_a_reader_cannot_take_is_kept(tmp_path: Path) -> None:
    with judging("fuzz.recipes.planted:raises") as judge, pytest.raises(Found, match="RecursionE"):
        hunt(judge, SEED, TEXTS, tmp_path)
    assert (tmp_path / "found-1.yml").read_text() == ""
