"""Queries with a mistake, and what was meant."""

from __future__ import annotations

from collections import Counter

import pytest

from registry.search.language.parsing import parsed
from registry.search.language.printing import printed
from registry.search.spelling.correcting import Correction, applied, corrections, rewritten
from registry.search.spelling.vocabulary import Near, Vocabulary
from registry.search.words import words_of


class Seen:
    """Recipes by what they have; of hidden ones the words are known, but count for nothing."""

    def __init__(self, words: Counter[str], hidden: str, **values: list[str]) -> None:
        self.words, self.values = words, values
        self.vocabulary = Vocabulary()
        self.vocabulary.add([*words, hidden])

    def with_word(self, word: str) -> int:
        return self.words[word]

    def has_value(self, field: str, value: str) -> bool:
        return self.with_value(field, value) > 0

    def with_value(self, field: str, value: str) -> int:
        wanted = set(words_of(value))
        return sum(wanted <= set(words_of(each)) for each in self.values.get(field, ()))

    def near(self, word: str) -> list[Near]:
        return self.vocabulary.near(word)


SEEN = Seen(
    Counter(mistral=900, german=400, germany=5, gemran=2, maths=80, merge=700, slerp=50),
    hidden="secret",
    base=["mistralai/mistral-7b-v0.1"],
    tag=["german", "german.maths"],
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mistrl merge", "mistral merge"),
        ('"mereg of mistrals"', '"merge of mistral"'),
        ("base:mistarl", "base:mistral"),
        ("base:mistarl7b", "base:mistral7b"),
        ("base:mistarl-7b", "base:mistral-7b"),
        ("tag:germna,german.mahts", "tag:german,german.maths"),
        ("german", "german"),
        ("secre", "secre"),  # its nearest word is in a recipe that the viewer does not see
        ("-mistrl -tag:germna", "-mistrl -tag:germna"),
        ("owner:mistrl stars>3", "owner:mistrl stars>3"),
        ("mistr*", "mistr*"),
        ("mistrl-7b*", '"mistral 7b"*'),
    ],
)
def test_what_no_recipe_has_is_read_as_what_is_near(text: str, meant: str) -> None:
    query = parsed(text)
    read = applied(query, corrections(query, SEEN))
    assert printed(read) == printed(parsed(meant))
    assert rewritten(text, query, read) == meant
    assert (read == query) == (text == meant)


def test_what_was_corrected_is_said() -> None:
    assert corrections(parsed("mistrl tag:germna"), SEEN) == (
        Correction(None, "mistrl", "mistral"),
        Correction("tag", "germna", "german"),
    )


def test_a_rare_word_stays_but_a_much_more_frequent_one_is_named() -> None:
    query = parsed("gemran")
    found = corrections(query, SEEN)
    assert found == (Correction(None, "gemran", "german", certain=False),)
    assert applied(query, found) == query


def test_the_nearest_word_wins_and_of_those_the_most_frequent() -> None:
    words = Counter(mistrala=5, mistralb=7, mistrabcd=1000)
    [found] = corrections(parsed("mistralx"), Seen(words, "other"))
    assert found.read == "mistralb"


def test_the_text_of_other_conditions_stays_as_it_was() -> None:
    text = "  size:7b..13b   mistrl  created:2026-01 "
    query = parsed(text)
    after = applied(query, corrections(query, SEEN))
    assert rewritten(text, query, after) == text.replace("mistrl", "mistral")
