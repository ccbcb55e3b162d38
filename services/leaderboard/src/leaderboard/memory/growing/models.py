"""The columns of models while they grow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaderboard.memory.arrays import Integers, Numbers, Positions
from leaderboard.memory.columns import ModelColumns, Vocabulary
from leaderboard.memory.names import NameOrder
from leaderboard.memory.parents import MERGE, RELATIONS, ROLES, Parents
from mergehub.columns.codes import set_text
from mergehub.contracts.domains.vocabulary import domains_of

Row = Mapping[str, Any]
CODED = ("kind", "method", "architecture", "family", "licence")
SETS = ("domains", "flags")
TYPES: dict[str, type[np.generic]] = {
    "known": np.bool_,
    **dict.fromkeys((*CODED, *SETS), np.uint16),
    "parameters": np.float64,
    "claimed": np.uint8,
    "made_on": np.int32,
}
EDGE = np.dtype(
    [
        ("child", "i4"),
        ("model", "i4"),
        ("role", "u1"),
        ("relation", "u1"),
        ("method", "u2"),
        ("weight", "f4"),
    ]
)


class GrowingModels:
    """Models by the ids of their rows, and their parents."""

    def __init__(self, codes: Vocabulary) -> None:
        self._codes = codes
        self._ids: Integers = np.empty(0, np.int64)
        self._at = Positions()
        self._names = NameOrder()
        self._own: dict[str, NDArray[Any]] = {name: np.empty(0, of) for name, of in TYPES.items()}
        self._edges: NDArray[np.void] = np.empty(0, EDGE)
        self._parents = _parents(self._edges, 0)
        self._columns: ModelColumns | None = None

    def at(self, ids: Integers) -> Numbers:
        """The index of each model; -1 where it is unknown."""
        return self._at.of(ids)

    def put(self, models: Iterable[Row], parents: Iterable[Row]) -> None:
        """Add or change models; `parents` are all that these have. Parents must be known."""
        rows = list(models)
        ids = np.array([row["id"] for row in rows], np.int64)
        self._place(ids, [row["name"] for row in rows])
        positions = self._at.of(ids)
        for name, column in self._own.items():
            values = np.array(self._column(name, rows), column.dtype)
            if not np.array_equal(column[positions], values, equal_nan=column.dtype.kind == "f"):
                changed = column.copy()
                changed[positions] = values
                self._own[name], self._columns = changed, None
        self._replace_parents(positions, list(parents))

    def _place(self, ids: Integers, names: list[str]) -> None:
        positions = self._at.of(ids)
        for index in np.flatnonzero(positions >= 0):
            if self._names.names[positions[index]] != names[index]:
                self._names.change(int(positions[index]), names[index])
                self._columns = None
        new = np.flatnonzero(positions < 0)
        if not len(new):
            return
        begin = len(self._ids)
        self._ids = np.concatenate([self._ids, ids[new]])
        self._at.put(ids[new], np.arange(begin, len(self._ids), dtype=np.int32))
        self._names.add([names[index] for index in new])
        for name, column in self._own.items():
            self._own[name] = np.concatenate([column, np.zeros(len(new), column.dtype)])
        self._parents, self._columns = self._parents.beside(len(self._ids)), None

    def _column(self, name: str, rows: list[Row]) -> list[Any]:
        if name in CODED:
            code = getattr(self._codes, name).code
            return [code(row[name]) for row in rows]
        if name in SETS:
            code = getattr(self._codes, name).code
            named = domains_of if name == "domains" else tuple  # rows may have synonyms
            return [code(set_text(named(row[name] or ()))) for row in rows]
        return [row[name] for row in rows]

    def _replace_parents(self, children: Numbers, parents: list[Row]) -> None:
        new = np.empty(len(parents), EDGE)
        for end, of in (("child", "child"), ("parent", "model")):
            new[of] = self._at.of(np.array([row[end] for row in parents], np.int64))
        new["role"] = [_place_in(ROLES, row["role"]) for row in parents]
        new["relation"] = [_place_in(RELATIONS, row["relation"]) for row in parents]
        new["method"] = [self._codes.method.code(row["method"]) for row in parents]
        new["weight"] = [np.nan if row["weight"] is None else row["weight"] for row in parents]
        new = new[(new["child"] >= 0) & (new["model"] >= 0)]
        new = new[np.argsort(new["child"], kind="stable")]
        own = np.zeros(len(self._ids), np.bool_)
        own[children] = True
        mine = own[self._edges["child"]]
        if self._edges[mine].tobytes() == new.tobytes():
            return
        edges = np.concatenate([self._edges[~mine], new])
        self._edges = edges[np.argsort(edges["child"], kind="stable")]
        before, self._parents = self._parents, _parents(self._edges, len(self._ids))
        self._parents.learn_roots(before, children)
        self._columns = None

    def columns(self) -> ModelColumns:
        """What is known now: the same object as before if nothing has changed."""
        if self._columns is None:
            self._columns = self._made()
        return self._columns

    def _made(self) -> ModelColumns:
        parents = self._parents
        merges = parents.relation == MERGE
        merged = self._own["kind"] == self._codes.kind.code("merge")
        merged[parents.child[merges]] = True
        method = self._own["method"].copy()
        unnamed = merges & (method[parents.child] == 0)
        method[parents.child[unnamed][::-1]] = parents.method[unnamed][::-1]
        known = self._own["known"].copy()
        known[parents.child] = True
        own = self._own | {"method": method, "known": known}
        return ModelColumns(
            id=self._ids,
            names=self._names.names,
            index=self._names.index,
            rank=self._names.ranks(),
            merged=merged,
            parents=parents,
            **own,
        )


def _parents(edges: NDArray[np.void], size: int) -> Parents:
    """The parents of so many models, from edges that are sorted by the child."""
    starts = np.searchsorted(edges["child"], np.arange(size + 1)).astype(np.int32)
    fields = {name: edges[name].copy() for name in EDGE.names or () if name != "child"}
    return Parents(starts, **fields)


def _place_in(words: tuple[str, ...], word: str) -> int:
    """The code of a word of a closed set; that of the first for any other word."""
    return words.index(word) if word in words else 0
