"""A map in binary, for pages that draw 50,000 nodes: a header of JSON, then arrays.

    bytes 0-7    the letters MHGRAPH1
    bytes 8-11   how long the header is (uint32)
    then         the header, filled up with spaces to a multiple of 4
    then         the arrays, each from a multiple of 4

All numbers are little-endian. The header has the same lists as the JSON form, and `arrays`: for
each array its `type`, its `count` of elements, and where it begins (`at`, counted from the end of
the header).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from lineage.map.columns import Facts, facts_of, moment
from lineage.map.picture import Picture
from lineage.memory.columns import RELATIONS
from lineage.memory.graph import Graph
from lineage.questions.kinds import KINDS
from lineage.scores.scores import Scores

MEDIA_TYPE = "application/vnd.mergehub.graph"
MAGIC = b"MHGRAPH1"
OTHERS = 255
"""The group of all families from here on."""


def as_binary(graph: Graph, picture: Picture, scores: Scores) -> bytes:
    """The body of the answer."""
    facts, focus = facts_of(graph, picture, scores), picture.focus
    arrays = _arrays(graph, picture, facts)
    pieces, described = _packed(arrays)
    header = {
        "as_of": graph.as_of,
        "scores_as_of": moment(scores),
        "focus": None if focus is None else str(graph.id(int(picture.models[focus]))),
        "truncated": picture.truncated,
        "names": graph.names_of(picture.models),
        "kinds": KINDS,
        "families": _by_size(facts)[1],
        "licences": facts.licences[: OTHERS + 1],
        "relations": RELATIONS,
        "methods": facts.methods[: OTHERS + 1],
        "arrays": described,
    }
    text = to_json(header)
    text += b" " * (-len(text) % 4)
    return b"".join((MAGIC, np.uint32(len(text)).astype("<u4").tobytes(), text, *pieces))


def _arrays(graph: Graph, picture: Picture, facts: Facts) -> Mapping[str, NDArray[Any]]:
    """The arrays by name, in the order in which they are drawn."""
    models, folded = picture.models, picture.clusters
    halves = np.stack((graph.models.id_high[models], graph.models.id_low[models]), axis=1)
    return {
        "x": picture.x.astype("<f4"),
        "y": picture.y.astype("<f4"),
        "size": picture.size.astype("<f4"),
        "group": _by_size(facts)[0],
        "pairs": np.stack((picture.child, picture.parent), axis=1).ravel().astype("<u4"),
        "kind": facts.kind,
        "flagged": facts.flagged,
        "licence": _byte(facts.licence),
        "relation": facts.relation,
        "method": _byte(facts.method),
        "children": facts.children.astype("<u4"),
        "parents": facts.parents.astype("<u4"),
        "depth": picture.depth.astype("<i4"),
        "id": halves.astype(">u8").view(np.uint8).ravel(),
        "cluster_parent": folded.parent.astype("<u4"),
        "cluster_count": folded.count.astype("<u4"),
        "cluster_x": folded.x.astype("<f4"),
        "cluster_y": folded.y.astype("<f4"),
        "cluster_size": folded.size.astype("<f4"),
        "cluster_relation": folded.relation,
        "importance": picture.importance.astype("<f4"),
        "weight": graph.edges.weight[picture.edges].astype("<f4"),
        "score": facts.score.astype("<f4"),
        "uplift": facts.uplift.astype("<f4"),
    }


def _by_size(facts: Facts) -> tuple[NDArray[np.uint8], list[str]]:
    """Each node's group, the largest family being 0, and the names of the groups."""
    sizes = np.bincount(facts.family, minlength=len(facts.families))
    order = np.argsort(-sizes, kind="stable")
    rank = np.argsort(order)
    return _byte(rank[facts.family]), [facts.families[each] for each in order[:OTHERS].tolist()]


def _byte(places: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.minimum(places, OTHERS).astype(np.uint8)


def _packed(arrays: Mapping[str, NDArray[Any]]) -> tuple[list[bytes], dict[str, Any]]:
    """The bytes of each array, filled up to a multiple of 4, and what the header says of it."""
    pieces: list[bytes] = []
    described: dict[str, Any] = {}
    at = 0
    for name, array in arrays.items():
        piece = array.tobytes()
        piece += b"\0" * (-len(piece) % 4)
        described[name] = {"type": _TYPES[array.dtype.kind + str(array.dtype.itemsize)]}
        described[name] |= {"at": at, "count": len(array)}
        pieces.append(piece)
        at += len(piece)
    return pieces, described


_TYPES = {"f4": "float32", "u4": "uint32", "i4": "int32", "u1": "uint8"}
