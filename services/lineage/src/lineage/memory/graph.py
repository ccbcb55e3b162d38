"""The graph as a question sees it: a state that does not change while the question is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import numpy as np

from lineage.memory.arrays import NOTHING, Flags, Numbers
from lineage.memory.codes import Vocabulary
from lineage.memory.columns import EdgeColumns, ModelColumns
from lineage.memory.filters import EdgeFilter
from lineage.memory.identities import LOW, Identities
from lineage.memory.names import Names
from lineage.memory.segments import Direction, Segment


@dataclass(frozen=True)
class Graph:
    """Models by their number, edges by their index, and the way from one to the other.

    Any thread may read it while the graph grows: it has the models and edges of one position.

    - `as_of`: the place in the log of changes, after the youngest transaction that is here. It
      grows with each change.
    - `read_at`: when the last change was read.
    - `revision`: grows when facts change that statistics count: of an edge, or a model's domains.
    - `withdrawn`: edges that have a row and are no part of the graph any more, sorted.
    - `licensed`: grows when a known model gets another licence, by which only some of them count.
    - `weighed`: grows when a known edge is more or less certain, or gets another weight, by which
      only some count: it may now say most of its child.
    """

    models: ModelColumns
    edges: EdgeColumns
    codes: Vocabulary
    segments: tuple[Segment, ...]
    names: Names
    identities: Identities
    as_of: int
    read_at: datetime
    revision: int = 0
    withdrawn: Numbers = field(default_factory=lambda: NOTHING)
    licensed: int = 0
    weighed: int = 0

    @property
    def size(self) -> int:
        """One more than the largest number of a model."""
        return len(self.models.exists)

    def has(self, number: int) -> bool:
        """Whether the model with this number is here."""
        return number < self.size and bool(self.models.exists[number])

    def name(self, number: int) -> str:
        """A model's present name."""
        return self.names.at(int(self.models.name_place[number]))

    def id(self, number: int) -> UUID:
        """A model's opaque id."""
        return UUID(int=int(self.models.id_high[number]) << 64 | int(self.models.id_low[number]))

    def names_of(self, models: Numbers) -> list[str]:
        """The present names of models."""
        return self.names.all_at(self.models.name_place[models].tolist())

    def ids(self, models: Numbers) -> list[UUID]:
        """The opaque ids of models."""
        high, low = self.models.id_high[models].tolist(), self.models.id_low[models].tolist()
        return [UUID(int=one << 64 | other) for one, other in zip(high, low, strict=True)]

    def number(self, id: UUID) -> int | None:
        """The number of the model with this id; None if there is none."""
        return self.identities.find(id, self.models.id_high, self.models.id_low)

    def expand(
        self, frontier: Numbers, direction: Direction, where: EdgeFilter | None = None
    ) -> Numbers:
        """The edges from the models of `frontier` to their parents, or to their children.

        They come in no particular order.
        """
        found = [segment.index(direction).edges_of(frontier) for segment in self.segments]
        edges = self.present(found[0] if len(found) == 1 else np.concatenate([NOTHING, *found]))
        return edges if where is None else edges[where.keeps(self.edges, edges)]

    def present(self, edges: Numbers) -> Numbers:
        """Those of `edges` that are not withdrawn."""
        return edges[~_among(edges, self.withdrawn)[0]] if len(self.withdrawn) else edges

    def degrees(self, models: Numbers, direction: Direction) -> Numbers:
        """How many edges lead from each model in a direction."""
        counts = np.zeros(len(models), np.int32)
        for segment in self.segments:
            counts += segment.index(direction).counts(models)
        if len(self.withdrawn):
            ends, less = np.unique(self.starts(self.withdrawn, direction), return_counts=True)
            fewer, at = _among(models, ends)
            counts[fewer] -= less[at[fewer]].astype(np.int32)
        return counts

    def ends(self, edges: Numbers, direction: Direction) -> Numbers:
        """Where `edges` lead in a direction."""
        return (self.edges.parent if direction == "ancestors" else self.edges.child)[edges]

    def starts(self, edges: Numbers, direction: Direction) -> Numbers:
        """Where `edges` come from in a direction."""
        return (self.edges.child if direction == "ancestors" else self.edges.parent)[edges]


def _among(some: Numbers, of: Numbers) -> tuple[Flags, Numbers]:
    """Which of `some` are among the numbers of `of`, which is sorted and not empty, and where."""
    at = np.minimum(np.searchsorted(of, some), len(of) - 1).astype(np.int32)
    return of[at] == some, at


def halves(id: UUID) -> tuple[int, int]:
    """The two halves of an id, as the columns have them."""
    return id.int >> 64, id.int & LOW
