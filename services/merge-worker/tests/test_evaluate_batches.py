"""Batches: every request once, equal work together, never more rows than fit; and their record."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge_worker.evaluate.answers import MOST_BYTES, Answers
from merge_worker.evaluate.batches import Batch, Encoded, by_context, by_row, by_text

TOKENS = st.lists(st.integers(0, 2), min_size=1, max_size=5).map(tuple)
ASKED = st.lists(st.tuples(TOKENS, TOKENS), max_size=40).map(
    lambda pairs: [Encoded(place, *pair) for place, pair in enumerate(pairs)]
)
LONGEST = 7


def rows(length: int) -> int:
    return max(1, 12 // length)


def all_places(batches: list[Batch]) -> Counter[int]:
    return Counter(place for batch in batches for place in batch.places)


@given(ASKED)
def test_by_row_every_request_is_in_one_batch_with_those_that_read_the_same(
    asked: list[Encoded],
) -> None:
    batches = by_row(asked, rows)
    assert all_places(batches) == Counter(range(len(asked)))
    where = {place: number for number, batch in enumerate(batches) for place in batch.places}
    for each in asked:
        assert where[each.place] == min(where[e.place] for e in asked if e.row == each.row)
    longest = [max(len(asked[place].row) for place in batch.places) for batch in batches]
    assert longest == sorted(longest, reverse=True)
    for batch, length in zip(batches, longest, strict=True):
        assert len({asked[place].row for place in batch.places}) <= rows(length)


@given(ASKED)
def test_by_context_what_is_shared_is_alike_and_fits_into_the_model(asked: list[Encoded]) -> None:
    batches = by_context(asked, rows, LONGEST)
    assert all_places(batches) == Counter(range(len(asked)))
    for batch in batches:
        inside = [asked[place] for place in batch.places]
        counts = Counter(each.context for each in inside)
        if batch.shared:
            assert len(set(counts.values())) == len({len(context) for context in counts}) == 1
            assert min(counts.values()) > 1
            assert max(len(each.row) for each in inside) <= LONGEST
            assert [each.context for each in inside] == [
                context for context in counts for _ in range(counts[context])
            ]


@given(ASKED)
def test_the_same_requests_give_the_same_batches_and_keys(asked: list[Encoded]) -> None:
    texts: list[Any] = [(str(each.context), str(each.continuation)) for each in asked]
    first, second = (by_context(asked, rows, LONGEST) for _ in range(2))
    assert first == second
    keys = [batch.key(number, texts) for number, batch in enumerate(first)]
    assert len(set(keys)) == len(keys)


def test_texts_of_other_options_are_not_mixed_and_the_longest_come_first() -> None:
    batches = by_text(list("abcd"), [1, 3, 2, 3], ["x", "x", "y", "x"], lambda length: 2)
    assert batches == [Batch((1, 3)), Batch((0,)), Batch((2,))]


def test_a_batch_that_is_divided_keeps_its_order() -> None:
    assert Batch((4, 2, 9), shared=True).halves() == (Batch((4,)), Batch((2, 9)))


def test_answers_survive_the_process_and_a_line_that_was_cut_off_does_not(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    with Answers(path) as answers:
        answers.keep("a", [[-1.5, True], [float("-inf"), False]])
        answers.keep("b", ["text"])
    with path.open("ab") as file:
        file.write(b'["c", ["hal')
    with Answers(path) as answers:
        assert answers.get("a", 2) == [[-1.5, True], [float("-inf"), False]]
        assert answers.get("a", 3) is None
        assert answers.get("c", 1) is None
        answers.keep("c", ["whole"])
    with Answers(path) as answers:
        assert answers.get("b", 1) == ["text"]
        assert answers.get("c", 1) == ["whole"]


@pytest.mark.parametrize("foreign", [b"\0\0\0\n", b"[1]\n", b'{"a": 1}\n', b"[" * 5000 + b"\n"])
def test_what_another_program_wrote_is_cut_off(tmp_path: Path, foreign: bytes) -> None:
    path = tmp_path / "answers"
    path.write_bytes(b'["a", [1]]\n' + foreign + b'["b", [2]]\n')
    with Answers(path) as answers:
        assert (answers.get("a", 1), answers.get("b", 1)) == ([1], None)
    assert path.read_bytes() == b'["a", [1]]\n'


def test_a_file_that_another_attempt_has_open_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    with Answers(path) as first:
        first.keep("a", [1])
        with Answers(path) as second:
            assert second.get("a", 1) is None
            second.keep("b", [2])
    assert path.read_bytes() == b'["a", [1]]\n'


def test_the_file_of_answers_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    with Answers(path) as answers:
        answers.keep("a", ["x" * (MOST_BYTES // 2)])
        answers.keep("b", ["y" * (MOST_BYTES // 2)])
        answers.keep("c", ["z"])
    assert path.stat().st_size <= MOST_BYTES
    assert [json.loads(line)[0] for line in path.read_text().splitlines()] == ["a", "c"]
