"""The words of texts and queries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.search.words import LONGEST, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Llama3-8B", ("llama", "3", "8b")),
        ("meta-llama/Llama-3 8b", ("meta", "llama", "llama", "3", "8b")),
        ("dare_ties v2 Größe", ("dare", "ties", "v2", "grosse")),
        ("  -- !", ()),
    ],
)
def test_texts_have_these_words(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


@given(st.text())
def test_the_words_of_words_are_the_same_words(text: str) -> None:
    words = words_of(text)
    assert words_of(" ".join(words)) == words
    assert all(0 < len(word) <= LONGEST for word in words)
