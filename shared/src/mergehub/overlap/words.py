"""The words of a text as they are compared: in lower case, without punctuation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+")
LONGEST_WORD = 200
"""A longer run of letters is cut, so that a text without spaces costs no more memory."""


class Word(NamedTuple):
    """A word, and where in its text it begins and ends."""

    text: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """The words of a text."""
    return [each.text for each in words_of([text])]


def words_of(pieces: Iterable[str]) -> Iterator[Word]:
    """The words of a text that comes in pieces, with their places in the whole of it.

    Letters and digits make words; all else divides them. Case and width (NFKC) do not count.
    """
    held, begun = "", 0
    for piece in pieces:
        text = held + piece
        keep = _unfinished(text)
        yield from _within(text[: len(text) - keep], begun)
        begun += len(text) - keep
        held = text[len(text) - keep :]
    yield from _within(held, begun)


def _within(text: str, begun: int) -> Iterator[Word]:
    for found in _WORD.finditer(text):
        start = begun + found.start()
        yield Word(folded(found[0]), start, begun + found.end())


def folded(word: str) -> str:
    """A word without case and width."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKC", word).casefold()


def _unfinished(text: str) -> int:
    """How many characters at the end may be part of a word that goes on."""
    count = 0
    for each in reversed(text):
        if count == LONGEST_WORD or not (each.isalnum()):
            break
        count += 1
    return count if count < LONGEST_WORD else 0
