"""The words of texts and queries: in lower case, without accents, apart from their numbers."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 40
"""A longer word is cut, in a text as in a query."""
_WORD = re.compile(r"[^\W_]+")
_BEFORE_NUMBER = re.compile(r"(?<=[^\W\d_]{3})(?=\d)")


def folded(text: str) -> str:
    """A text in lower case and without accents."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(each for each in apart if not unicodedata.combining(each)).casefold()


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in order. `Llama3-8B` and `llama-3 8b` have the same words.

    A number after three letters or more is a word of its own.
    """
    return tuple(
        part[:LONGEST]
        for word in _WORD.findall(folded(text))
        for part in _BEFORE_NUMBER.split(word)
    )
