"""Ids and nodes as JSON text: an answer has hundreds, and an object for each takes much longer."""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring_ascii as quoted

import numpy as np

from lineage.memory.arrays import NOTHING, Numbers
from lineage.memory.graph import Graph
from lineage.questions.walks import Band

_HEX = np.array([f"{byte:02x}".encode() for byte in range(256)], "S2")
_UUID_BYTES = 36
_DIGITS = [place for place in range(_UUID_BYTES) if place not in (8, 13, 18, 23)]


def id_texts(graph: Graph, models: Numbers) -> list[str]:
    """The ids of models in their usual form."""
    halves = np.empty((len(models), 2), ">u8")
    halves[:, 0], halves[:, 1] = graph.models.id_high[models], graph.models.id_low[models]
    texts = np.full((len(models), _UUID_BYTES), ord("-"), np.uint8)
    texts[:, _DIGITS] = _HEX[halves.view(np.uint8)].view(np.uint8)
    whole = texts.tobytes().decode("ascii")
    return [whole[at : at + _UUID_BYTES] for at in range(0, len(whole), _UUID_BYTES)]


def node_texts(graph: Graph, bands: Iterable[Band]) -> list[str]:
    """The nodes of a walk, each an object of JSON, in the form of `schemas.Node`."""
    each = list(bands)
    models = np.concatenate([NOTHING, *(band.models for band in each)])
    tails = [
        tail
        for band in each
        for tail in [f',"depth":{band.depth},"side":"{band.side}"}}'] * len(band.models)
    ]
    rows = zip(id_texts(graph, models), graph.names_of(models), tails, strict=True)
    return [f'{{"id":"{id}","name":{quoted(name)}{tail}' for id, name, tail in rows]
