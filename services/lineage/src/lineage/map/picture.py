"""What a map shows, laid out: models, the edges between them, and folded groups of siblings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lineage.map.chosen import Chosen, most_important
from lineage.map.layout.drawing import Drawing, Floats, Ints
from lineage.map.layout.families import by_families
from lineage.map.layout.layered import by_layers
from lineage.map.layout.layers import layers_of
from lineage.map.wanted import Wanted
from lineage.memory.arrays import Codes8, Numbers, begins, pairs
from lineage.memory.graph import Graph
from lineage.questions.strength import one_each, strongest_first

Layout = Literal["layers", "families"]
MOST_CLUSTERS = 2000
_MANY = np.log1p(1_000_000)
"""A model with so many children has the full importance. It is fixed, so that places are."""


@dataclass(frozen=True)
class Clusters:
    """Children that are not shown, by their parent (a place among the nodes) and relation."""

    parent: Ints
    relation: Codes8
    count: Ints
    x: Floats
    y: Floats
    size: Floats


@dataclass(frozen=True)
class Picture:
    """A map.

    - `models`: the nodes, the most important first; `focus` is a place among them.
    - `x`, `y`, `size`: where a node lies, and its radius; `depth`: its layer, or generation.
    - `edges`: the strongest edge between two nodes; `child` and `parent` are the nodes' places.
    """

    models: Numbers
    focus: int | None
    x: Floats
    y: Floats
    size: Floats
    depth: Ints
    importance: Floats
    edges: Numbers
    child: Ints
    parent: Ints
    clusters: Clusters
    truncated: bool


@dataclass(frozen=True)
class _Folded:
    """Counts of hidden children, by the place of a model among the nodes, and relation."""

    parent: Ints
    relation: Codes8
    count: Ints


def picture(
    graph: Graph, chosen: Chosen, focus: int | None, wanted: Wanted, layout: Layout
) -> Picture:
    """Lay out the chosen models."""
    models = most_important(graph, np.sort(chosen.models), len(chosen.models))
    place = np.full(graph.size, -1, np.int64)
    place[models] = np.arange(len(models))
    edges = _edges_among(graph, models, place, wanted)
    child, parent = place[graph.edges.child[edges]], place[graph.edges.parent[edges]]
    folded = _folded(graph, chosen, place, wanted)
    importance = importance_of(graph.models.children_count[models])
    radius = radius_of(np.concatenate((importance, importance_of(folded.count))))
    drawing = _drawing(graph, models, (child, parent), folded, radius)
    at = None if focus is None else int(place[focus])
    x, y, depth = _laid_out(drawing, at, layout)
    nodes, others = slice(0, len(models)), slice(len(models), None)
    clusters = Clusters(
        folded.parent, folded.relation, folded.count, x[others], y[others], radius[others]
    )
    important = np.lexsort((child, parent, np.maximum(child, parent)))
    return Picture(
        models=models,
        focus=at,
        x=x[nodes],
        y=y[nodes],
        size=radius[nodes],
        depth=depth[nodes],
        importance=importance,
        edges=edges[important],
        child=child[important],
        parent=parent[important],
        clusters=clusters,
        truncated=chosen.truncated,
    )


def _drawing(
    graph: Graph, models: Numbers, edges: tuple[Ints, Ints], folded: _Folded, radius: Floats
) -> Drawing:
    """What is laid out: models, and after them a node for each fold, which is as new as can be."""
    folds = len(models) + np.arange(len(folded.count))
    return Drawing(
        np.concatenate((edges[0], folds)),
        np.concatenate((edges[1], folded.parent)),
        radius,
        np.concatenate((models, folded.relation.astype(np.int64) + graph.size)),
    )


def importance_of(children: Numbers | Ints) -> Floats:
    """From 0 for a model without children to 1 for the most used ones, on a logarithmic scale."""
    importance: Floats = np.minimum(np.log1p(children) / _MANY, 1.0)
    return importance


def radius_of(importance: Floats) -> Floats:
    """How large a node is drawn; the room between rows is about 1."""
    return 0.35 + 1.65 * importance


def _laid_out(drawing: Drawing, focus: int | None, layout: Layout) -> tuple[Floats, Floats, Ints]:
    if layout == "layers":
        placed = by_layers(drawing, focus)
        return placed.x, placed.y, placed.layer
    return *by_families(drawing), layers_of(drawing, focus)


def _edges_among(graph: Graph, models: Numbers, place: Ints, wanted: Wanted) -> Numbers:
    """The strongest edge between every two of the models, if there is one."""
    edges = graph.expand(models, "ancestors", wanted.where)
    edges = edges[place[graph.edges.parent[edges]] >= 0]
    return one_each(graph, strongest_first(graph, edges))


def _folded(graph: Graph, chosen: Chosen, place: Ints, wanted: Wanted) -> _Folded:
    """Count the children of opened models that are not shown; the largest groups of them."""
    hidden = np.ones(graph.size, np.bool_)
    hidden[chosen.models] = False
    edges = wanted.edges(graph, chosen.opened, "descendants")
    edges = edges[hidden[graph.edges.child[edges]]]
    edges = edges[graph.edges.first[edges]] if wanted.where is None else _each_child(graph, edges)
    keys = place[graph.edges.parent[edges]] << 3 | graph.edges.relation[edges]
    counts = np.bincount(keys)
    groups = np.flatnonzero(counts)
    groups = groups[np.sort(np.argsort(-counts[groups], kind="stable")[:MOST_CLUSTERS])]
    return _Folded(groups >> 3, (groups & 7).astype(np.uint8), counts[groups])


def _each_child(graph: Graph, edges: Numbers) -> Numbers:
    """One edge to each child of a parent. In most graphs only few have several."""
    columns = graph.edges
    edges = edges[begins(columns.parent[edges], columns.child[edges])]
    again = edges[~columns.first[edges]]
    if not len(again):
        return edges
    twice = np.unique(pairs(columns.parent[again], columns.child[again]))
    keys = pairs(columns.parent[edges], columns.child[edges])
    near = np.minimum(np.searchsorted(twice, keys), len(twice) - 1)
    several = twice[near] == keys
    return np.concatenate((edges[~several], one_each(graph, edges[several])))
