"""A map as JSON: a column for each fact, so that nothing is said twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from lineage.map.picture import Picture
from lineage.memory.arrays import Codes8, Codes16, Numbers, Shares
from lineage.memory.columns import RELATIONS
from lineage.memory.graph import Graph
from lineage.questions.kinds import KINDS, families_of, kinds_of
from lineage.scores.scores import DIGITS, Scores
from mergehub.columns.codes import Codes

Json = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """What a map says of its nodes and edges besides where they lie; texts are places in lists."""

    kind: Codes8
    family: NDArray[np.int64]
    families: Sequence[str]
    licence: NDArray[np.int64]
    licences: Sequence[str | None]
    method: NDArray[np.int64]
    methods: Sequence[str | None]
    relation: Codes8
    children: Numbers
    parents: Numbers
    flagged: NDArray[np.uint8]
    score: Shares
    uplift: Shares


def facts_of(graph: Graph, picture: Picture, scores: Scores) -> Facts:
    models, edges = picture.models, picture.edges
    roots, family = np.unique(families_of(graph, models), return_inverse=True)
    licence, licences = _listed(graph.models.licence[models], graph.codes.licence)
    method, methods = _listed(graph.edges.method[edges], graph.codes.method)
    score, uplift = scores.of(models)
    return Facts(
        kind=kinds_of(graph, models),
        family=family,
        families=graph.names_of(roots.astype(np.int32)),
        licence=licence,
        licences=licences,
        method=method,
        methods=methods,
        relation=graph.edges.relation[edges],
        children=graph.models.children_count[models],
        parents=_parents(graph, models),
        flagged=graph.models.flagged[models].astype(np.uint8),
        score=score,
        uplift=uplift,
    )


def _listed(codes: Codes16, texts: Codes) -> tuple[NDArray[np.int64], list[str | None]]:
    """The texts that occur, and which of them each row has; None is the unknown one."""
    found, place = np.unique(codes, return_inverse=True)
    return place, [texts[code] or None for code in found.tolist()]


def _parents(graph: Graph, models: Numbers) -> Numbers:
    """How many parents each model has."""
    edges = graph.expand(models, "ancestors")
    firsts = edges[graph.edges.first[edges]]
    counts = np.bincount(graph.edges.child[firsts], minlength=graph.size)
    return counts[models].astype(np.int32)


def as_json(graph: Graph, picture: Picture, scores: Scores) -> bytes:
    """The body of the answer."""
    facts, focus = facts_of(graph, picture, scores), picture.focus
    body = {
        "as_of": graph.as_of,
        "scores_as_of": moment(scores),
        "focus": None if focus is None else str(graph.id(int(picture.models[focus]))),
        "truncated": picture.truncated,
        "nodes": _nodes(graph, picture, facts),
        "edges": _edges(graph, picture, facts),
        "clusters": _clusters(picture),
        "kinds": KINDS,
        "families": facts.families,
        "licences": facts.licences,
        "relations": RELATIONS,
        "methods": facts.methods,
    }
    return to_json(body, inf_nan_mode="null")


def _nodes(graph: Graph, picture: Picture, facts: Facts) -> Json:
    return {
        "id": _ids(graph, picture.models),
        "name": graph.names_of(picture.models),
        "x": _rounded(picture.x),
        "y": _rounded(picture.y),
        "size": _rounded(picture.size),
        "depth": picture.depth.tolist(),
        "kind": facts.kind.tolist(),
        "family": facts.family.tolist(),
        "licence": facts.licence.tolist(),
        "children": facts.children.tolist(),
        "parents": facts.parents.tolist(),
        "importance": _rounded(picture.importance, 4),
        "flagged": facts.flagged.tolist(),
        "score": _known(facts.score),
        "uplift": _known(facts.uplift),
    }


def _ids(graph: Graph, models: Numbers) -> list[str]:
    """The ids as text; a UUID made of each would take most of the time of a large map."""
    halves = np.stack((graph.models.id_high[models], graph.models.id_low[models]), axis=1)
    text = halves.astype(">u8").tobytes().hex()
    ids = (text[at : at + 32] for at in range(0, len(text), 32))
    return [f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}" for id in ids]


def _edges(graph: Graph, picture: Picture, facts: Facts) -> Json:
    return {
        "child": picture.child.tolist(),
        "parent": picture.parent.tolist(),
        "relation": facts.relation.tolist(),
        "method": facts.method.tolist(),
        "weight": _known(graph.edges.weight[picture.edges]),
    }


def _clusters(picture: Picture) -> list[Json]:
    folded = picture.clusters
    columns = {
        "parent": folded.parent.tolist(),
        "relation": folded.relation.tolist(),
        "count": folded.count.tolist(),
        "x": _rounded(folded.x),
        "y": _rounded(folded.y),
        "size": _rounded(folded.size),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def moment(scores: Scores) -> str | None:
    """When a score last changed, as JSON."""
    return None if scores.as_of is None else scores.as_of.isoformat().replace("+00:00", "Z")


def _known(values: Shares) -> list[float]:
    """The values as JSON, which has null for NaN."""
    return _rounded(values.astype(np.float64), DIGITS)


def _rounded(values: NDArray[np.float64], digits: int = 2) -> list[float]:
    rounded: list[float] = (np.round(values, digits) + 0.0).tolist()  # + 0.0: no -0.0
    return rounded
