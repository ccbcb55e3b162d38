"""Queries with a mistake in a word: what was meant is a word of the names that matter most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from lineage.memory.arrays import NOTHING, distinct
from lineage.memory.graph import Graph
from lineage.search.index import Index, lines_of
from lineage.search.words import Query

NAMES = 20_000
SHORTEST, LONGEST = 4, 30
LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789"


def corrected(graph: Graph, index: Index, query: Query) -> Query | None:
    """The query with words that names have, each one edit away; None if no word needs that."""
    if not any(SHORTEST <= len(word) <= LONGEST for word in query.words):
        return None
    known = _vocabulary(graph, index)
    words = tuple(_corrected(word, known) for word in query.words)
    if words == query.words:
        return None
    return replace(query, words=words, whole=b" ".join(words))


def _vocabulary(graph: Graph, index: Index) -> Counter[bytes]:
    """The words in the names of the most important models, and how often they come."""
    important = index.important(graph)[:NAMES]
    others = np.flatnonzero(graph.models.exists[:NAMES]) if len(important) < NAMES else NOTHING
    models = distinct(np.concatenate((important, others.astype(np.int32))))
    return Counter(lines_of(graph, models).split())


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
