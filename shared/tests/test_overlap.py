"""Verbatim overlap of items with a text, against a search by brute force."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mergehub.lineage_files.rows import Unreadable
from mergehub.overlap import Item, Rule, TooMany, find, read_items
from mergehub.overlap import index as indexes
from mergehub.overlap.words import words, words_of

few_words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=30)
rules = st.tuples(st.integers(1, 5), st.integers(1, 5)).map(lambda two: Rule(max(two), min(two)))


def _covered(item: list[str], text: list[str], rule: Rule) -> set[int]:
    """The words of an item in runs that the text has, by comparing all runs with all."""
    length = len(item) if len(item) < rule.window else rule.window
    if len(item) < rule.shortest:
        return set()
    runs = {tuple(text[place : place + length]) for place in range(len(text) - length + 1)}
    return {
        start + step
        for start in range(len(item) - length + 1)
        if tuple(item[start : start + length]) in runs
        for step in range(length)
    }


@given(st.lists(few_words, max_size=5), few_words, rules, st.integers(1, 7))
def test_it_finds_what_a_search_of_all_runs_finds(
    items: list[list[str]], text: list[str], rule: Rule, size: int
) -> None:
    whole = " ".join(text)
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    told = find(
        (Item(str(place), " ".join(each)) for place, each in enumerate(items)), pieces, rule
    )
    expected = {place: _covered(item, text, rule) for place, item in enumerate(items)}
    assert {place: each.covered for place, each in told.found.items()} == {
        place: covered for place, covered in expected.items() if covered
    }
    assert told.judged == sum(len(item) >= rule.shortest for item in items)
    assert told.words == len(text)


@given(st.lists(few_words, max_size=4), few_words, rules)
def test_each_match_is_in_the_text_where_it_says(
    items: list[list[str]], text: list[str], rule: Rule
) -> None:
    whole = ", ".join(text).upper()
    told = find([Item("", " ".join(each)) for each in items], [whole], rule)
    for finding in told.found.values():
        for hit in finding.hits:
            assert words(whole[hit.start : hit.end]) == finding.shown(hit).split()
            assert set(range(hit.first, hit.first + hit.count)) <= finding.covered


@given(st.text(max_size=80), st.integers(1, 5))
def test_pieces_do_not_matter(text: str, size: int) -> None:
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert list(words_of(pieces)) == list(words_of([text]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Janet’s ducks, 16 eggs!", ["janet", "s", "ducks", "16", "eggs"]),
        ("snake_case", ["snake", "case"]),
        ("ＦＵＬＬ Straße", ["full", "strasse"]),
        ("  \n", []),
    ],
)
def test_case_punctuation_and_width_do_not_count(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_word_without_end_costs_no_memory() -> None:
    found = list(words_of("x" * 1_000 for _ in range(10)))
    assert "".join(each.text for each in found) == "x" * 10_000
    assert max(len(each.text) for each in found) <= 1_200


def test_the_rule_is_thirteen_words_and_shorter_items_whole() -> None:
    long = " ".join(f"w{each}" for each in range(20))
    twelve = " ".join(f"v{each}" for each in range(12))
    items = [Item("long", long), Item("twelve", twelve), Item("seven", "a b c d e f g")]
    near = " ".join([*long.split()[4:16], *twelve.split()[:11], "a b c d e f g"])
    assert find(items, [near]).found == {}
    whole = " ".join([*long.split()[4:17], twelve, "a b c d e f g"])
    told = find(items, [whole])
    assert {each.item.name: each.share for each in told.found.values()} == {
        "long": 13 / 20, "twelve": 1.0,
    }  # fmt: skip
    assert (told.items, told.judged, told.share) == (3, 2, 1.0)


def test_neighbouring_runs_are_one_match() -> None:
    long = " ".join(f"w{each}" for each in range(30))
    (finding,) = find([Item("", long)], [long, " and ", long]).found.values()
    assert [(hit.first, hit.count) for hit in finding.hits] == [(0, 30), (0, 30)]


@pytest.mark.parametrize("numbers", [(0, 0), (5, 6), (2_000, 8)])
def test_a_rule_that_makes_no_sense_is_refused(numbers: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="The shortest run"):
        Rule(*numbers)


def test_too_many_items_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "MOST_RUNS", 3)
    with pytest.raises(TooMany, match="check parts"):
        find([Item("", "a b c d e")], [], Rule(2, 1))


SAMPLE = {"doc_id": 0, "doc": {"question": "Why?", "id": "q1"}, "doc_hash": "h1", "resps": []}


@pytest.mark.parametrize(
    ("name", "text", "fields", "items"),
    [
        ("samples.jsonl", json.dumps(SAMPLE), (), [("h1", "Why?")]),
        ("x.jsonl", '{"goal": "A"}\n{"ctx": "B"}', (), [("line 1", "A"), ("line 2", "B")]),
        ("x.json", '[{"question": {"stem": "S"}, "id": 7}]', ("question.stem",), [("7", "S")]),
        ("x.json", '["one", "two"]', (), [("line 1", "one"), ("line 2", "two")]),
        ("x.jsonl", '{"a": "A", "b": ["B", "C"]}', ("a", "b"), [("line 1", "A\nB\nC")]),
        ("x.csv", "Question,Best Answer\nWhat?,That\n", (), [("line 2", "What?")]),
    ],
)  # fmt: skip
def test_items_are_read_from_many_files(
    tmp_path: Path, name: str, text: str, fields: tuple[str, ...], items: list[tuple[str, str]]
) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert [tuple(each) for each in read_items(path, fields)] == items


@pytest.mark.parametrize(
    ("text", "why"),
    [('{"x": 1}', "has no text in any of"), ("[1]", "not a JSON object"), ("[]", "has no items")],
)
def test_a_file_without_items_says_so(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(Unreadable, match=re.escape(why)):
        list(read_items(path))
