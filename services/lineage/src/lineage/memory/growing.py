"""The graph as its one writer sees it: rows come, and readers get the state that they make."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineage.memory.arrays import NOTHING, Numbers, Places, begins, distinct, pairs, stable_order
from lineage.memory.codes import Vocabulary
from lineage.memory.columns import EdgeColumns, Growing, ModelColumns, Values
from lineage.memory.graph import Graph
from lineage.memory.identities import Identities
from lineage.memory.names import Names
from lineage.memory.segments import Segment, indexed, kept_segments, parts_of
from mergehub.columns.parts import Kept, Part, Parts, below, within

Columns = ModelColumns | EdgeColumns
COUNTED = ("relation", "role", "method", "made_on")
"""What statistics look at in an edge."""
WEIGHED = ("confidence", "weight")
"""By what else one edge says more of a model than another."""


class GrowingGraph:
    """Takes models and edges from one thread at a time; `graph` is the state for readers."""

    def __init__(self) -> None:
        self.codes = Vocabulary()
        self.names = Names()
        self._models = Growing(ModelColumns)
        self._edges = Growing(EdgeColumns)
        self._identities = Identities()
        self._segments: tuple[Segment, ...] = ()
        self._revision = 0
        self._withdrawn = NOTHING
        self._licensed = 0
        self._weighed = 0

    @classmethod
    def kept(cls, kept: Kept) -> GrowingGraph:
        """The graph of parts."""
        growing = cls()
        growing.codes = Vocabulary.kept(below("codes", kept))
        growing.names = Names(bytearray(kept["names"].all.data))
        growing._models = Growing.kept(ModelColumns, below("models", kept))
        growing._edges = Growing.kept(EdgeColumns, below("edges", kept))
        growing._identities = Identities.kept(below("identities", kept))
        growing._segments = kept_segments(below("segments", kept))
        growing._withdrawn = kept["withdrawn"].all
        return growing

    def parts(self) -> Parts:
        """All of it, for a file that may be written while the graph grows.

        What changes meanwhile may be in it or not: the log has it, too.
        """
        models, edges = self._models.parts(), self._edges.parts()
        return {
            **within("codes", self.codes.parts()),
            "names": Part(np.uint8, self.names.pieces()),
            **within("models", models),
            **within("edges", edges),
            **within("identities", self._identities.parts()),
            **within("segments", parts_of(self._segments)),
            "withdrawn": Part.of(self._withdrawn),
        }

    def graph(self, as_of: int) -> Graph:
        """The present state, which is that of a position in the log of changes."""
        models, edges = self._models.view(), self._edges.view()
        self._segments = indexed(self._segments, edges, self._models.size)
        return Graph(
            models,
            edges,
            self.codes,
            self._segments,
            self.names,
            self._identities,
            as_of,
            datetime.now(UTC),
            self._revision,
            self._withdrawn,
            self._licensed,
            self._weighed,
        )

    def places_of_names(self, numbers: Numbers, lines: bytearray) -> Places:
        """The places of the names of models, which have only changed if they are kept anew."""
        known = self._models.view()
        old = numbers < len(known.exists)
        old[old] = known.exists[numbers[old]]
        if not old.any():
            return self.names.add_lines(lines)
        places = np.full(len(numbers), self.names.end, np.uint32)
        places[old] = known.name_place[numbers[old]]
        return self.names.changed_lines(lines, places)

    def put_models(self, numbers: Numbers, places: Places, values: Values) -> None:
        """Add or change models: each number once, with the place of its name and its columns."""
        if not len(numbers):
            return
        self._models.extend(int(numbers.max()) + 1)
        known = self._models.view()
        there = known.exists[numbers]
        again = {name: values[name][there] for name in ("domains", "licence") if name in values}
        self._revision += _changed(known, numbers[there], again, ("domains",))
        self._licensed += _changed(known, numbers[there], again, ("licence",))
        new = numbers[~there]
        self._models.write(numbers, {**values, "name_place": places, "exists": np.array(True)})
        if len(new):
            self._identities = self._identities.added(new, self._models.view().id_high)

    def load_edges(self, columns: dict[str, NDArray[Any]]) -> None:
        """Begin with these edges, in the order of children; takes the columns out of the dict."""
        ends = pairs(columns["child"], columns["parent"])
        in_order = bool((ends[1:] >= ends[:-1]).all())
        self._edges.load(columns, None if in_order else stable_order(ends))
        del ends
        edges, models = self._edges.view(), self._models.view()
        edges.first[:] = begins(edges.child, edges.parent)
        children = np.bincount(edges.parent[edges.first], minlength=len(models.exists))
        models.children_count[:] = children

    def unknown_models(self, edges: Values) -> set[int]:
        """Models at the ends of edges that are not in the graph."""
        exists = self._models.view().exists
        ends = np.union1d(edges["child"], edges["parent"])
        known = ends < len(exists)
        known[known] = exists[ends[known]]
        return set(ends[~known].tolist())

    def put_edges(self, values: Values) -> None:
        """Add or change edges: each id once."""
        known = self._known(values)
        old, new = np.flatnonzero(known >= 0), np.flatnonzero(known < 0)
        again = {name: each[old] for name, each in values.items()}
        edges = self._edges.view()
        self._revision += _changed(edges, known[old], again, COUNTED)
        self._weighed += _changed(edges, known[old], again, WEIGHED)
        self._edges.write(known[old], again)
        if len(new):
            self._add({name: each[new] for name, each in values.items()})

    def withdraw_edges(self, ids: list[int]) -> None:
        """Take edges with these ids out; their rows stay. One that is restored gets another row."""
        edges = self._edges.view()
        rows = np.flatnonzero(np.isin(edges.id, ids)).astype(np.int32)
        gone = np.setdiff1d(rows, self._withdrawn)
        if not len(gone):
            return
        self._withdrawn = np.union1d(self._withdrawn, gone)
        self._revision += 1
        left = np.sort(self.graph(0).expand(distinct(edges.child[gone]), "ancestors"))
        left = left[stable_order(pairs(edges.child[left], edges.parent[left]))]
        self._count_children(np.concatenate([gone, left]), -1)
        edges.first[gone] = False
        edges.first[left] = begins(edges.child[left], edges.parent[left])
        self._count_children(left, 1)

    def _count_children(self, edges: Numbers, by: int) -> None:
        """Change the number of children for those of these edges that are the first of theirs."""
        first = edges[self._edges.view().first[edges]]
        parents = self._edges.view().parent[first]
        np.add.at(self._models.view().children_count, parents, by)

    def _known(self, values: Values) -> Numbers:
        """The index of each edge that exists; -1 for the others."""
        graph = self.graph(0)
        there = graph.expand(distinct(values["child"].astype(np.int32)), "ancestors")
        there = there[stable_order(graph.edges.id[there])]
        ids = graph.edges.id[there]
        found = np.full(len(values["id"]), -1, np.int32)
        if len(ids):
            at = np.minimum(np.searchsorted(ids, values["id"]), len(ids) - 1)
            same = ids[at] == values["id"]
            found[same] = there[at[same]]
        return found

    def _add(self, values: Values) -> None:
        order = stable_order(pairs(values["child"], values["parent"]))
        values = {name: each[order] for name, each in values.items()}
        graph, begin = self.graph(0), self._edges.size
        there = graph.expand(distinct(values["child"]), "ancestors")
        known = pairs(graph.edges.child[there], graph.edges.parent[there])
        child, parent = values["child"], values["parent"]
        first = begins(child, parent) & ~np.isin(pairs(child, parent), known)
        self._edges.extend(begin + len(first))
        self._edges.write(slice(begin, self._edges.size), {**values, "first": first})
        self._count_children(np.arange(begin, self._edges.size, dtype=np.int32), 1)


def _changed(columns: Columns, rows: Numbers, values: Values, counted: tuple[str, ...]) -> bool:
    """Whether a row gets another value in one of the columns that statistics count by."""
    pairs = ((values[each], getattr(columns, each)[rows]) for each in counted if each in values)
    return any(not np.array_equal(*pair, equal_nan=pair[1].dtype.kind == "f") for pair in pairs)
