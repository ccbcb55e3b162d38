"""All models of a walk as lines of JSON: made in pieces, so that any number of them streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lineage.answers.texts import node_texts
from lineage.memory.graph import Graph
from lineage.questions.walks import Band

PIECE = 5000


def lines(graph: Graph, bands: Iterator[Band], max_depth: int | None) -> Iterator[bytes]:
    """Each model of a walk within `max_depth`, in the form of a node, in a line of its own."""
    for band in bands:
        if max_depth is not None and band.depth > max_depth:
            return
        for begin in range(0, len(band.models), PIECE):
            piece = replace(band, models=band.models[begin : begin + PIECE])
            yield "".join([f"{node}\n" for node in node_texts(graph, [piece])]).encode()
