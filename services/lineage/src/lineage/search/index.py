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
from lineage.search.signatures import Packed, Signatures
from lineage.search.words import Query, plain

BLOCK = 1024  # so many names are indexed at a time,
PIECES = (256, 4096)  # and looked at: few at first, as they may do
MANY = 8
"""If one name in so many is a candidate, all are looked through, as they lie beside each other."""
MOST_IMPORTANT = 1 << 17
GROWTH = 16
SMALL = 1 << 14  # the most important models of so few edges are found in no time


@dataclass(frozen=True)
class Match:
    """A model whose name has all words of a query, and that name as a plain line."""

    model: int
    line: bytes


class Index:
    """The names of one load.

    Which models are the most important is decided anew when the graph has grown by a sixteenth.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self._lock = Lock()
        self._read_at: datetime | None = None
        self._signatures = Signatures()
        self._indexed = np.zeros(0, np.int32)  # how many names of each block are indexed,
        self._newest = np.zeros(0, np.uint32)  # and the place of the last one that was stored
        self._important: Numbers | None = None
        self._edges = 0

    def follow(self, graph: Graph) -> None:
        """Take in the names that are new in a graph, and what matters most by now."""
        self._index_new(graph)
        self._choose_important(graph, GROWTH)

    def matches(self, graph: Graph, query: Query) -> Iterator[Match]:
        """The models whose names match: the most important ones first, then the oldest ones."""
        self._index_new(graph)
        important = self.important(graph)
        candidates = self._signatures.candidates(query.words, graph.size)
        if candidates is None:
            candidates = np.full(-(-graph.size // 8), 255, np.uint8)
        first = important[_has(candidates, important)]
        yield from _matches(graph, first, query)
        known = frozenset(first.tolist())
        for match in _matches(graph, _numbers(graph, candidates), query):
            if match.model not in known:
                yield match

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

    def _index_new(self, graph: Graph) -> None:
        """Index the blocks with new names."""
        if self._read_at is not None and self._read_at >= graph.read_at:
            return
        with self._lock:
            begins = np.arange(0, graph.size, BLOCK)
            indexed = np.add.reduceat(graph.models.exists, begins, dtype=np.int32)
            newest = np.maximum.reduceat(graph.models.name_place, begins)
            new = np.ones(len(begins), np.bool_)
            known = min(len(self._indexed), len(begins))
            new[:known] = indexed[:known] != self._indexed[:known]
            new[:known] |= newest[:known] != self._newest[:known]
            for begin in begins[new].tolist():
                rows = np.flatnonzero(graph.models.exists[begin : begin + BLOCK])
                lines = lines_of(graph, rows + begin)
                self._signatures.write(begin, BLOCK, rows.astype(np.int32), lines)
            self._indexed, self._newest, self._read_at = indexed, newest, graph.read_at


def _most_important(graph: Graph) -> Numbers:
    """The models with the most children, and of equal ones the oldest first."""
    children = graph.models.children_count
    used = np.flatnonzero((children > 0) & graph.models.exists)
    if len(used) > MOST_IMPORTANT:
        least = np.partition(children[used], -MOST_IMPORTANT)[-MOST_IMPORTANT]
        used = used[children[used] >= least]
    first = np.argsort(-children[used], kind="stable")[:MOST_IMPORTANT]
    return used[first].astype(np.int32)


def _bit(numbers: Numbers) -> Packed:
    return np.uint8(1) << (numbers & 7).astype(np.uint8)


def _has(candidates: Packed, models: Numbers) -> Flags:
    """Which models are among the candidates."""
    known = models < 8 * len(candidates)
    places = np.where(known, models >> 3, 0)
    return known & (candidates[places] & _bit(models) > 0)


def _numbers(graph: Graph, candidates: Packed) -> Numbers:
    """The numbers of candidates."""
    places = np.flatnonzero(candidates)  # few bytes have any
    rows, bit = np.nonzero(np.unpackbits(candidates[places], bitorder="little").reshape(-1, 8))
    if len(rows) * MANY > graph.size:
        return np.flatnonzero(graph.models.exists).astype(np.int32)
    numbers = places[rows] * 8 + bit
    numbers = numbers[numbers < graph.size]
    kept: Numbers = numbers[graph.models.exists[numbers]].astype(np.int32)
    return kept


def lines_of(graph: Graph, models: Numbers) -> bytes:
    """The plain names of models, a line each."""
    return plain(graph.names.lines_at(graph.models.name_place[models]))


def _matches(graph: Graph, models: Numbers, query: Query) -> Iterator[Match]:
    few, many = PIECES
    begins = [*range(0, min(many, len(models)), few), *range(many, len(models), many)]
    for begin, end in pairwise([*begins, len(models)]):
        piece = models[begin:end]
        for row, line in query.rows(lines_of(graph, piece)):
            yield Match(int(piece[row]), line)
