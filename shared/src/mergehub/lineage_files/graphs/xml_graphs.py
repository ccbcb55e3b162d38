"""Reads GraphML and GEXF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mergehub.lineage_files.rows import Row, Unreadable

from .graph import Nodes
from .markup import elements

MOST_NODES = 5_000_000
_OWN = ("label", "weight")


def read_graph(path: Path) -> Iterator[Row]:
    """The rows of a graph: those of its nodes, then those of its edges.

    An edge may come before its nodes. So the file is read twice, and only names are held.

    Raises:
        Unreadable: the file is not well-formed, no graph, or has too many nodes.
    """
    nodes = Nodes()
    for each in elements(path):
        if each.kind == "node":
            about = _own(each.attributes) | each.data
            yield from nodes.add(each.attributes.get("id", ""), about, each.line)
            if len(nodes) > MOST_NODES:
                raise Unreadable(f"{path.name} has more than {MOST_NODES} nodes: use JSON Lines.")
    for each in elements(path):
        if each.kind == "edge":
            ends = each.attributes.get("source", ""), each.attributes.get("target", "")
            about = _own(each.attributes) | each.data
            yield from nodes.edge(ends, about, each.line, directed=each.directed)
    yield from nodes.alone()


def _own(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes of an element itself that say something about it."""
    return {name: attributes[name] for name in _OWN if name in attributes}
