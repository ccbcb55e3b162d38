"""Queries with a mistake in a word: what was meant is a word of the names that matter most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from lineage.memory.graph import Graph
from lineage.search.index import Index
from lineage.search.words import Query

SHORTEST, LONGEST = 4, 30
LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789"


def corrected(graph: Graph, index: Index, query: Query) -> Query | None:
    """The query with words that names have, each one edit away; None if no word needs that."""
    if not any(SHORTEST <= len(word) <= LONGEST for word in query.words):
        return None
    known = index.vocabulary.of(graph, index.important(graph))
    words = tuple(_corrected(word, known) for word in query.words)
    if words == query.words:
        return None
    return Query.of(b" ".join(words).decode())


def _corrected(word: bytes, known: Counter[bytes]) -> bytes:
    if word in known or not SHORTEST <= len(word) <= LONGEST:
        return word
    near = [each for each in _edits(word) if each in known]
    return max(near, key=lambda each: (known[each], each), default=word)


def _edits(word: bytes) -> Iterable[bytes]:
    """All words that one letter more, less or another makes, or two that changed places."""
    for at in range(len(word) + 1):
        begin, end = word[:at], word[at:]
        for letter in LETTERS:
            yield begin + bytes([letter]) + end
            yield begin + bytes([letter]) + end[1:]
        yield begin + end[1:]
        yield begin + end[1:2] + end[:1] + end[2:]
