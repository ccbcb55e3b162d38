"""The words of texts and queries: in lower case, without accents, apart from their numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 40
"""A longer word is cut, in a text as in a query."""
END = "\0"
_WORD = re.compile(rf"([^\W_]{{1,{LONGEST}}})[^\W_]*")
_ASCII_WORD = re.compile(rf"([a-z0-9]{{1,{LONGEST}}})[a-z0-9]*")
_RUN, _ASCII_RUN = re.compile(rf"[^\W_]+|{END}"), re.compile(rf"[a-z0-9]+|{END}")
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
    return words_in(folded(text))


def words_in(plain: str) -> tuple[str, ...]:
    """The words of a text that is folded."""
    if plain.isalpha() and plain.isascii() and len(plain) <= LONGEST:
        return (plain,)  # as most runs of letters and digits are
    if _DIGIT.search(plain):
        plain = _BEFORE_NUMBER.sub(" ", plain)
    return tuple((_ASCII_WORD if plain.isascii() else _WORD).findall(plain))


def runs_of(texts: Iterable[str]) -> list[str]:
    """The letters and digits of texts without what is between them, with END after each text.

    The words of all texts are those of the runs. Most texts have the same runs.
    """
    plain = END.join(folded(text).replace(END, " ") for text in texts) + END
    return (_ASCII_RUN if plain.isascii() else _RUN).findall(plain)
