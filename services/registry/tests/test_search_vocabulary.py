"""The known words that may have been meant by a word with a mistake."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.search.spelling.distance import distance
from registry.search.spelling.vocabulary import LONG, SHORTEST, Vocabulary, may_differ


def apart(one: str, other: str) -> int:
    """The same distance, from its definition."""

    @cache
    def edits(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return i + j
        ways = [edits(i - 1, j) + 1, edits(i, j - 1) + 1]
        ways.append(edits(i - 1, j - 1) + (one[i - 1] != other[j - 1]))
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            ways.append(edits(i - 2, j - 2) + 1)
        return min(ways)

    return edits(len(one), len(other))


WORDS = st.text("abc", min_size=1, max_size=11)


@given(WORDS, WORDS, st.integers(0, 3))
def test_the_distance_is_known_up_to_a_limit(one: str, other: str, most: int) -> None:
    edits = apart(one, other)
    assert distance(one, other, most) == (edits if edits <= most else None)


@given(st.sets(WORDS, max_size=30), WORDS)
def test_all_near_words_are_found_and_no_others(known: set[str], word: str) -> None:
    vocabulary = Vocabulary()
    vocabulary.add(sorted(known))
    expected = {}
    for each in known:
        most = min(may_differ(word), 2 if len(each) >= LONG - 1 else 1)
        if len(each) >= SHORTEST - 1 and 0 < apart(word, each) <= most:
            expected[each] = apart(word, each)
    found = vocabulary.near(word)
    assert {near.word: near.distance for near in found} == expected
    assert [near.distance for near in found] == sorted(expected.values())


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("mistrl", ["mistral"]),
        ("mitsral", ["mistral"]),
        ("mistrals", ["mistral"]),
        ("gemran", ["german"]),
        ("mathematisc", ["mathematics"]),
        ("matematiks", ["mathematics"]),
        ("größen", ["größe"]),
        ("7b", []),
        ("mixtral8x", []),
        ("abc", []),
    ],
)
def test_a_mistake_in_a_word_is_seen(word: str, near: list[str]) -> None:
    vocabulary = Vocabulary()
    vocabulary.follow(("mistral", "german", "mathematics", "größe", "abd", "7a"))
    assert [each.word for each in vocabulary.near(word)] == near


def test_it_follows_the_words_that_come() -> None:
    vocabulary, words = Vocabulary(), list[str]()
    for number in range(3000):  # the table moves several times
        words.append(f"word{''.join(chr(97 + int(digit)) for digit in str(number))}")
        if number % 500 == 0:
            vocabulary.follow(words)
    vocabulary.follow(words)
    assert vocabulary.near("wordhhhx")[0].word == "wordhhh"
    assert {near.word for near in vocabulary.near("wordbabb")} >= {"wordbab", "wordbbb"}
