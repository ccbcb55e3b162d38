"""All models of a walk as lines of JSON: made in pieces, so that any number of them streams."""

from __future__ import annotations

from collections.abc import Iterator
from json.encoder import encode_basestring_ascii as quoted

import numpy as np

from lineage.memory.arrays import Numbers
from lineage.memory.graph import Graph
from lineage.questions.walks import Band

PIECE = 5000
_HEX = np.array([list(f"{byte:02x}".encode()) for byte in range(256)], np.uint8)
_DASHES = (8, 13, 18, 23)
_UUID_BYTES = 36
_DIGITS = [place for place in range(_UUID_BYTES) if place not in _DASHES]


def lines(graph: Graph, bands: Iterator[Band], max_depth: int | None) -> Iterator[bytes]:
    """Each model of a walk within `max_depth`, in the form of a node, in a line of its own."""
    for band in bands:
        if max_depth is not None and band.depth > max_depth:
            return
        tail = f',"depth":{band.depth},"side":"{band.side}"}}\n'
        for begin in range(0, len(band.models), PIECE):
            models = band.models[begin : begin + PIECE]
            rows = zip(_uuid_texts(graph, models), graph.names_of(models), strict=True)
            text = "".join([f'{{"id":"{id}","name":{quoted(name)}{tail}' for id, name in rows])
            yield text.encode()


def _uuid_texts(graph: Graph, models: Numbers) -> list[str]:
    """The ids in their usual form; much faster than one at a time."""
    halves = np.stack([graph.models.id_high[models], graph.models.id_low[models]], axis=1)
    digits = _HEX[halves.astype(">u8").view(np.uint8)]
    texts = np.full((len(models), _UUID_BYTES), ord("-"), np.uint8)
    texts[:, _DIGITS] = digits.reshape(len(models), -1)
    whole = texts.tobytes().decode("ascii")
    return [whole[at : at + _UUID_BYTES] for at in range(0, len(whole), _UUID_BYTES)]
