"""Indexes from a model to its edges: immutable, and merged as they grow (compressed sparse rows).

The first segment has all edges of a load, and each change adds one. A segment joins those before it
that are not much larger, so that there are few, and an edge is indexed again only a few times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lineage.memory.arrays import NOTHING, Numbers, order_of, spans
from lineage.memory.columns import EdgeColumns
from mergehub.columns.parts import Kept, Part, Parts, below, within

Direction = Literal["ancestors", "descendants"]

SMALL = 4096  # so few edges are indexed in no time
RATIO = 4
DENSE = 4  # a row for each model, if there is an edge for every so many


@dataclass(frozen=True)
class Index:
    """The edges at each model, at one of their ends.

    - `models`: those that have edges, sorted; None: all, by their number.
    - `starts`: where the edges of each begin in `order`; one more is the end.
    - `order`: the edges, by model; None: they lie in this order, from `begin`.
    """

    models: Numbers | None
    starts: Numbers
    order: Numbers | None
    begin: int

    @classmethod
    def kept(cls, kept: Kept, begin: int) -> Index:
        """The index of parts."""
        models, order = (kept[name].all if name in kept else None for name in ("models", "order"))
        return cls(models, kept["starts"].all, order, begin)

    def parts(self) -> Parts:
        """All of it, for a file."""
        arrays = {"models": self.models, "starts": self.starts, "order": self.order}
        return {name: Part.of(each) for name, each in arrays.items() if each is not None}

    def edges_of(self, models: Numbers) -> Numbers:
        """The edges at `models`."""
        rows = self._rows(models)
        if not len(rows):
            return NOTHING
        places = spans(self.starts[rows], self.starts[rows + 1])
        return places + np.int32(self.begin) if self.order is None else self.order[places]

    def counts(self, models: Numbers) -> Numbers:
        """How many edges are at each of `models`."""
        counts = np.zeros(len(models), np.int32)
        known, rows = self._known(models)
        counts[known] = self.starts[rows + 1] - self.starts[rows]
        return counts

    def _rows(self, models: Numbers) -> Numbers:
        if self.models is None and len(models) and models.max() < len(self.starts) - 1:
            return models
        return self._known(models)[1]

    def _known(self, models: Numbers) -> tuple[Numbers, Numbers]:
        """The positions of those that have a row, and their rows."""
        if self.models is None:
            known = np.flatnonzero(models < len(self.starts) - 1).astype(np.int32)
            return known, models[known]
        rows = np.searchsorted(self.models, models).astype(np.int32)
        rows[rows == len(self.models)] = 0
        known = np.flatnonzero(self.models[rows] == models).astype(np.int32)
        return known, rows[known]


@dataclass(frozen=True)
class Segment:
    """The edges from `begin` to `end`, by their child and by their parent."""

    begin: int
    end: int
    children: Index
    parents: Index

    @classmethod
    def kept(cls, kept: Kept) -> Segment:
        """The segment of parts."""
        begin, end = kept["span"].all.tolist()
        ends = (Index.kept(below(name, kept), begin) for name in ("children", "parents"))
        return cls(begin, end, *ends)

    def parts(self) -> Parts:
        """All of it, for a file."""
        return {
            "span": Part.of(np.array([self.begin, self.end])),
            **within("children", self.children.parts()),
            **within("parents", self.parents.parts()),
        }

    def index(self, direction: Direction) -> Index:
        """The index by the end at which a walk in this direction stands."""
        return self.children if direction == "ancestors" else self.parents


def indexed(segments: tuple[Segment, ...], edges: EdgeColumns, size: int) -> tuple[Segment, ...]:
    """Segments of all `edges`, with those that are new; `size`: models are below this number."""
    kept = [*segments]
    begin, end = kept[-1].end if kept else 0, len(edges.child)
    if begin == end:
        return segments
    while kept and _joins(kept[-1], end - begin):
        begin = kept.pop().begin
    return (*kept, _segment(edges, begin, end, size))


def kept_segments(kept: Kept) -> tuple[Segment, ...]:
    """The segments of parts."""
    count = len({name.partition(".")[0] for name in kept})
    return tuple(Segment.kept(below(str(at), kept)) for at in range(count))


def parts_of(segments: tuple[Segment, ...]) -> Parts:
    """All segments, for a file."""
    each = (within(str(at), segment.parts()) for at, segment in enumerate(segments))
    return {name: part for parts in each for name, part in parts.items()}


def _joins(last: Segment, more: int) -> bool:
    return last.end - last.begin < max(SMALL, RATIO * more)


def _segment(edges: EdgeColumns, begin: int, end: int, size: int) -> Segment:
    children = _index(edges.child[begin:end], begin, size)
    return Segment(begin, end, children, _index(edges.parent[begin:end], begin, size))


def _index(ends: Numbers, begin: int, size: int) -> Index:
    order = None
    if np.any(ends[1:] < ends[:-1]):
        order = order_of(ends)
        order += np.int32(begin)
    if len(ends) * DENSE > size:
        starts = np.zeros(size + 1, np.int32)
        np.cumsum(np.bincount(ends, minlength=size), out=starts[1:])
        return Index(None, starts, order, begin)
    models, counts = np.unique(ends, return_counts=True)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return Index(models, starts, order, begin)
