"""The ancestors that several models have in common, and the nearest of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lineage.memory.arrays import Numbers
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.questions.ancestry import Ancestry, ancestry

RULE = (
    "A model counts as its own ancestor. The nearest is the one whose greatest distance from any "
    "of the models is smallest; then the one with the smallest sum of distances, then the one with "
    "the most children."
)


@dataclass(frozen=True)
class Common:
    """Common ancestors, the nearest first; `distances` has a row for each of the models."""

    models: Numbers
    distances: Numbers


def common_ancestors(
    graph: Graph, models: Sequence[int], where: EdgeFilter | None = None
) -> Common:
    """What all of `models` came from."""
    return in_all(graph, [ancestry(graph, model, where) for model in models])


def in_all(graph: Graph, each: Sequence[Ancestry]) -> Common:
    """The models that are in each ancestry."""
    each_sorted = [np.argsort(one.models) for one in each]
    shared = each[0].models[each_sorted[0]]
    for one, order in zip(each[1:], each_sorted[1:], strict=True):
        shared = np.intersect1d(shared, one.models[order], assume_unique=True)
    distances = np.stack(
        [
            one.depths[order][np.searchsorted(one.models[order], shared)]
            for one, order in zip(each, each_sorted, strict=True)
        ]
    )
    children = graph.models.children_count[shared]
    order = np.lexsort((shared, -children, distances.sum(axis=0), distances.max(axis=0)))
    return Common(shared[order], distances[:, order])
