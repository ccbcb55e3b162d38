"""The index of all names, which follows the graph."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from threading import Lock

import numpy as np

from lineage.memory.arrays import Flags, Numbers
from lineage.memory.graph import Graph
from lineage.memory.names import Names
from lineage.search.blocks import Blocks
from lineage.search.signatures import WORD, Words
from lineage.search.trigrams import of_beginning, of_end, trigrams
from lineage.search.vocabulary import Vocabulary, lines_of
from lineage.search.words import BEGINNING, EXACT, INSIDE, Query
from mergehub.columns.parts import Parts

PIECES = (256, 4096)  # so many names are looked at: few at first, as they may do
MANY = 4
"""If one name in so many is a candidate, all are looked through, as they lie beside each other."""
MOST_IMPORTANT = 1 << 17
GROWTH = 16
LOOKED = 1 << 10
"""So many of the most important names, and of the others, are looked through for a better fit."""
SMALL = 1 << 14  # the most important models of so few edges are found in no time


@dataclass(frozen=True)
class Match:
    """A model whose name has all words of a query, and that name as a plain line."""

    model: int
    line: bytes


class Index:
    """The names of one load.

    Which models are the most important is decided anew when the graph has grown by a sixteenth.
    While another process makes the first blocks (`apart`), questions look through all names.
    """

    def __init__(self, names: Names, apart: bool = False) -> None:
        self.names = names
        self.vocabulary = Vocabulary()
        self._lock = Lock()
        self._read_at: datetime | None = None
        self._blocks = None if apart else Blocks()
        self._important: Numbers | None = None
        self._edges = 0

    def parts(self) -> Parts:
        """The blocks as they are now, for a file; none while they are made."""
        with self._lock:
            return {} if self._blocks is None else self._blocks.parts()

    @property
    def waits(self) -> bool:
        """Whether it waits for the first blocks."""
        return self._blocks is None

    def begin(self, blocks: Blocks) -> None:
        """Begin with these blocks; what they lack is added to them."""
        self._blocks = blocks

    def follow(self, graph: Graph) -> None:
        """Take in the names that are new in a graph, and what matters most by now."""
        self._current(graph)
        self.vocabulary.of(graph, self._choose_important(graph, GROWTH))

    def matches(self, graph: Graph, query: Query, fit: int = INSIDE) -> Iterator[Match]:
        """The models whose names match, and fit so well at least.

        The most important ones come first, then the oldest ones.
        """
        important, blocks = self.important(graph), self._current(graph)
        candidates = _candidates(blocks, graph.size, query, fit)
        some = slice(None if fit == INSIDE or blocks is None else LOOKED)
        first = important[_has(candidates, important)][some]
        yield from _matches(graph, first, query, fit)
        known = frozenset(first.tolist())
        others = _matches(graph, _numbers(graph, candidates)[some], query, fit)
        yield from (each for each in others if each.model not in known)

    def important(self, graph: Graph) -> Numbers:
        """The most important models; those of a small graph are always those of today."""
        small = len(graph.edges.id) < SMALL
        return self._choose_important(graph, sys.maxsize if small else 0)

    def _choose_important(self, graph: Graph, growth: int) -> Numbers:
        """Choose them anew if the graph has grown by one part in `growth`; 0: as it may."""
        chosen, edges = self._important, len(graph.edges.id)
        if chosen is None or (edges - self._edges) * growth > self._edges:
            chosen = self._important = _most_important(graph)
            self._edges = edges
        return chosen

    def _current(self, graph: Graph) -> Blocks | None:
        """The blocks with all names of a graph; None while another process makes them."""
        blocks = self._blocks
        if blocks is not None and (self._read_at is None or self._read_at < graph.read_at):
            with self._lock:
                blocks.follow(graph.names, graph.models.exists, graph.models.name_place)
                self._read_at = graph.read_at
        return blocks


def _candidates(blocks: Blocks | None, size: int, query: Query, fit: int) -> Words:
    """A bit for each name: whether it may match and fit so well."""
    if blocks is None:
        return np.full(-(-size // WORD), 2**WORD - 1, np.uint32)
    found = [trigrams(word)[1] for word in query.sought]
    keys = np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint32)
    more = [of_beginning(query.whole)] if fit <= BEGINNING else []
    more += [of_end(query.whole)] if fit == EXACT else []
    return blocks.candidates(keys, more, size)


def _most_important(graph: Graph) -> Numbers:
    """The models with the most children, and of equal ones the oldest first."""
    children = graph.models.children_count
    used = np.flatnonzero((children > 0) & graph.models.exists)
    if len(used) > MOST_IMPORTANT:
        least = np.partition(children[used], -MOST_IMPORTANT)[-MOST_IMPORTANT]
        used = used[children[used] >= least]
    first = np.argsort(-children[used], kind="stable")[:MOST_IMPORTANT]
    return used[first].astype(np.int32)


def _has(candidates: Words, models: Numbers) -> Flags:
    """Which models are among the candidates."""
    places = models // WORD
    known = places < len(candidates)
    if not known.all():
        found: Flags = np.zeros(len(models), np.bool_)
        found[known] = _has(candidates, models[known])
        return found
    bits = (models % WORD).view(np.uint32)
    return candidates[places] >> bits & np.uint32(1) > 0


def _numbers(graph: Graph, candidates: Words) -> Numbers:
    """The numbers of candidates."""
    places = np.flatnonzero(candidates)  # few words have any
    bits = candidates[places].astype("<u4").view(np.uint8).reshape(-1, WORD // 8)
    rows, bit = np.nonzero(np.unpackbits(bits, axis=1, bitorder="little"))
    if len(rows) * MANY > graph.size:
        return np.flatnonzero(graph.models.exists).astype(np.int32)
    numbers = places[rows] * WORD + bit
    numbers = numbers[numbers < graph.size]
    kept: Numbers = numbers[graph.models.exists[numbers]].astype(np.int32)
    return kept


def _matches(graph: Graph, models: Numbers, query: Query, fit: int) -> Iterator[Match]:
    few, many = PIECES
    begins = [*range(0, min(many, len(models)), few), *range(many, len(models), many)]
    for begin, end in pairwise([*begins, len(models)]):
        piece = models[begin:end]
        for row, line in query.rows(lines_of(graph, piece), fit):
            yield Match(int(piece[row]), line)
