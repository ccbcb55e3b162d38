"""The words of texts and queries: in lower case, without accents, apart from their numbers."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 40
"""A longer word is cut, in a text as in a query."""
_WORD = re.compile(rf"([^\W_]{{1,{LONGEST}}})[^\W_]*")
_ASCII_WORD = re.compile(rf"([a-z0-9]{{1,{LONGEST}}})[a-z0-9]*")
_DIGIT = re.compile(r"\d")
_BEFORE_NUMBER = re.compile(r"(?<=[^\W\d_]{3})(?=\d)")


def folded(text: str) -> str:
    """A text in lower case and without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    return "".join(each for each in apart if not unicodedata.combining(each)).casefold()


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in order. `Llama3-8B` and `llama-3 8b` have the same words.

    A number after three letters or more is a word of its own.
    """
    plain = folded(text)
    if _DIGIT.search(plain):
        plain = _BEFORE_NUMBER.sub(" ", plain)
    return tuple((_ASCII_WORD if plain.isascii() else _WORD).findall(plain))
