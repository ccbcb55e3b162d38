"""How much of a model goes back to each of the models that it came from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineage.memory.arrays import NOTHING, Flags, Numbers, begins, spans
from lineage.memory.columns import ROLES
from lineage.memory.graph import Graph
from lineage.questions.ancestry import ancestry

RULE = (
    "The model has the share 1. Each model hands its whole share on to its ingredients, in "
    "proportion to the absolute values of their weights. An ingredient whose weight is not known "
    "counts as much as the average of those that are known. A base that is merged itself is an "
    "ingredient: that of SLERP and other methods that merge their base, and one with a weight, if "
    "the method does not only compare with it. So is a base to which the method does nothing else, "
    "if no ingredient has a weight. Any other base of a merge gets nothing, "
    "unless the merge has no ingredients; then its bases get equal parts. Of several statements "
    "about two models the most certain counts, then the newest. A model without known parents "
    "keeps its share: it is an origin."
)
COMPARING = frozenset({
    "arcee_fusion", "breadcrumbs", "breadcrumbs_ties", "dare_linear", "dare_ties", "della",
    "della_linear", "model_stock", "multislerp", "nearswap", "nuslerp", "ram", "ramplus_tl", "sce",
    "task_arithmetic", "ties",
})  # fmt: skip
"""The methods that merge the differences of the ingredients to the base, and not the base."""
MERGING_BASE = {"karcher": math.inf, "slerp": 2}
"""The methods that merge the base like an ingredient, and how many models each merges."""
WITHOUT_BASE = frozenset({"linear", "passthrough"})
"""The methods that only take a tokenizer or config from the base, or merge it if it is listed."""
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Shares:
    """The share that passes through each model, nearest first; an origin keeps its own."""

    models: Numbers
    shares: Values
    origins: Flags


@dataclass(frozen=True)
class _Part:
    """One model's part of a child, both by their place among the models of the question."""

    child: Numbers
    parent: Numbers
    share: Values


def shares(graph: Graph, model: int) -> Shares:
    """The shares of a model's ancestors, by RULE; those of all origins together are 1."""
    models = ancestry(graph, model).models
    part = _parts(graph, models)
    passing = np.zeros(len(models))
    passing[0] = 1
    begins = np.searchsorted(part.child, np.arange(len(models) + 1)).astype(np.int32)
    waiting = np.bincount(part.parent, minlength=len(models))
    ready = np.flatnonzero(waiting == 0)
    while len(ready):
        handed = spans(begins[ready], begins[ready + 1])
        parents = part.parent[handed]
        np.add.at(passing, parents, passing[part.child[handed]] * part.share[handed])
        np.subtract.at(waiting, parents, 1)
        touched = np.unique(parents)
        ready = touched[waiting[touched] == 0]
    return Shares(models, passing, begins[1:] == begins[:-1])


def _parts(graph: Graph, models: Numbers) -> _Part:
    """The part of each parent in its child, sorted by child."""
    edges = _one_of_each_pair(graph, graph.expand(models, "ancestors"))
    order = np.argsort(models)
    child, parent = (
        order[np.searchsorted(models[order], ends[edges])].astype(np.int32)
        for ends in (graph.edges.child, graph.edges.parent)
    )
    share = _votes(graph, edges, child, len(models))
    totals = np.bincount(child, share, minlength=len(models))
    even = totals[child] == 0  # all weights are 0: no proportion
    share[even] = 1 / np.bincount(child, minlength=len(models))[child[even]]
    share[~even] /= totals[child[~even]]
    by_child = np.argsort(child, kind="stable")
    return _Part(child[by_child], parent[by_child], share[by_child])


def _one_of_each_pair(graph: Graph, edges: Numbers) -> Numbers:
    """The edge that counts between each two models: as an ingredient, most certain, newest."""
    if not len(edges):
        return NOTHING
    columns = graph.edges
    child, parent = columns.child[edges], columns.parent[edges]
    certain = columns.confidence[edges].astype(np.int16)
    ingredient = columns.role[edges] == ROLES.index("ingredient")
    order = np.lexsort((-columns.id[edges], -certain, ~ingredient, parent, child))
    return edges[order[begins(child[order], parent[order])]]


def _votes(graph: Graph, edges: Numbers, child: Numbers, size: int) -> Values:
    """The weight that each edge has in its child, before they are brought to a sum of 1."""
    weights = np.abs(graph.edges.weight[edges].astype(np.float64))
    ingredient = _are_merged(graph, edges, child, np.isfinite(weights))
    merged = np.bincount(child, ingredient, minlength=size)[child] > 0
    known = np.isfinite(weights) & ingredient
    sums = np.bincount(child, np.where(known, weights, 0), minlength=size)
    counts = np.bincount(child, known, minlength=size)
    average = np.divide(sums, counts, out=np.ones(size), where=counts > 0)
    votes = np.where(known, weights, average[child])
    votes[merged & ~ingredient] = 0
    votes[~merged] = 1
    return votes


def _are_merged(graph: Graph, edges: Numbers, child: Numbers, weighted: Flags) -> Flags:
    """Which edges are of ingredients, with the bases that are merged themselves."""
    ingredient = graph.edges.role[edges] == ROLES.index("ingredient")
    method = graph.edges.method[edges]
    compared = np.isin(method, _codes(graph, COMPARING))
    beside = np.bincount(child, ingredient)[child]
    bare = np.bincount(child, ingredient & weighted)[child] == 0
    unused = np.isin(method, _codes(graph, WITHOUT_BASE)) & bare
    members = np.zeros(len(edges), np.bool_)
    for name, most in MERGING_BASE.items():
        members |= np.isin(method, _codes(graph, [name])) & (beside < most)
    merged: Flags = ingredient | (weighted & ~compared) | unused | members
    return merged


def _codes(graph: Graph, methods: Iterable[str]) -> list[int]:
    found = map(graph.codes.method.find, methods)
    return [code for code in found if code is not None]
