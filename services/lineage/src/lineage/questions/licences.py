"""Licences that a model inherits, and where one of them is broken on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lineage.memory.arrays import Flags
from lineage.memory.graph import Graph
from lineage.questions.ancestry import Ancestry, ancestry, ancestry_of_all
from lineage.questions.levels import marks
from mergehub.contracts.licences.terms import broken, exclude, forbids

RULE = (
    "A model inherits the licence of each of its ancestors. A licence is broken by a model that "
    "inherits it and whose own licence does not keep what it demands; a model whose licence is not "
    "known breaks nothing. Two inherited licences exclude each other if no licence of the model "
    "can keep both: one demands to be that of the whole model, and the other adds demands to it. "
    "Licences that the hub does not know, such as `other`, are listed and not judged."
)


@dataclass(frozen=True)
class Inherited:
    """A licence, the nearest model that has it, and the path to that from the model asked about.

    `count`: how many of the model and its ancestors have it.
    """

    licence: str
    model: int
    path: list[int]
    count: int


@dataclass(frozen=True)
class Conflict:
    """A licence that is broken, and the path through the model that breaks it to one that has it.

    `by`: the first model on the way down that breaks it, and that model's licence.
    """

    broken: str
    path: list[int]
    by: int
    licence: str
    reason: str


@dataclass(frozen=True)
class Exclusion:
    """Two inherited licences that no licence of the model can keep both."""

    one: Inherited
    other: Inherited


@dataclass(frozen=True)
class Licences:
    """What is inherited, and what of it is broken.

    - `forbidding`: what is inherited and allows no derived models to be passed on.
    - `unknown`: how many of the model and its ancestors have no known licence.
    """

    inherited: list[Inherited]
    forbidding: list[Inherited]
    conflicts: list[Conflict]
    exclusions: list[Exclusion]
    unknown: int


def licences(graph: Graph, model: int) -> Licences:
    """What a model inherits, the nearest first, and what of it is broken."""
    return _licences(graph, ancestry(graph, model), above=1)


def licences_of_merge(graph: Graph, models: Sequence[int]) -> Licences:
    """What a merge of models would inherit, and what of it is broken already."""
    return _licences(graph, ancestry_of_all(graph, models), above=0)


def _licences(graph: Graph, found: Ancestry, above: int) -> Licences:
    """The licences of an ancestry; what is inherited begins at the place `above`."""
    codes = graph.models.licence[found.models]
    distinct, first = np.unique(codes, return_index=True)
    known = [int(code) for code in distinct[np.argsort(first)] if code]
    inherited = [_inherited(graph, found, code) for code in known]
    taken = [each for each in inherited if np.any(codes[above:] == _code(graph, each.licence))]
    return Licences(
        inherited,
        [each for each in taken if forbids(each.licence)],
        [conflict for code in known if (conflict := _conflict(graph, found, code))],
        [
            Exclusion(one, other)
            for one, other in combinations(taken, 2)
            if exclude(one.licence, other.licence)
        ],
        int(np.count_nonzero(codes == 0)),
    )


def _code(graph: Graph, licence: str) -> int | None:
    return graph.codes.licence.find(licence)


def _inherited(graph: Graph, found: Ancestry, code: int) -> Inherited:
    holders = np.flatnonzero(graph.models.licence[found.models] == code)
    nearest = int(holders[0])
    path = found.path(nearest)
    return Inherited(graph.codes.licence[code], path[-1], path, len(holders))


def _conflict(graph: Graph, found: Ancestry, code: int) -> Conflict | None:
    """The nearest model that breaks this licence, with the path through it."""
    codes = graph.models.licence[found.models]
    breaking = [
        each for each in np.unique(codes) if each and _broken(graph, code, int(each)) is not None
    ]
    breakers = np.isin(codes, breaking)
    if not breakers.any():
        return None
    places = np.flatnonzero(breakers & _below(graph, found, codes == code))
    if not len(places):
        return None
    path = found.path(int(places[0]))
    onward = ancestry(graph, path[-1])
    holder = np.flatnonzero(graph.models.licence[onward.models] == code)[0]
    path += onward.path(int(holder))[1:]
    by = next(each for each in reversed(path) if graph.models.licence[each] in breaking)
    licence = int(graph.models.licence[by])
    reason = _broken(graph, code, licence)
    assert reason is not None
    texts = graph.codes.licence
    return Conflict(texts[code], path, by, texts[licence], reason)


def _broken(graph: Graph, ancestor: int, licence: int) -> str | None:
    return broken(graph.codes.licence[ancestor], graph.codes.licence[licence])


def _below(graph: Graph, found: Ancestry, holders: Flags) -> Flags:
    """Which of the models of an ancestry come from one of the `holders`."""
    edges = graph.expand(found.models, "ancestors")
    child, parent = graph.edges.child[edges], graph.edges.parent[edges]
    below, count = marks(graph, found.models[holders]), -1
    while count != (count := int(np.count_nonzero(below[child]))):
        below[child[below[parent]]] = True
    return below[found.models]
