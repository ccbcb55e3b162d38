"""Graphs in JSON as networkx, D3 and Cytoscape write them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from mergehub.lineage_files.rows import Row

from .graph import Nodes

Object = Mapping[str, Any]
_ENDS = (("source", "target"), ("from", "to"))


def graph_in(value: Object) -> Graph | None:
    """The graph that an object describes, or None if it describes none."""
    if isinstance(elements := value.get("elements"), dict | list):
        return Graph(_elements(elements, nodes=True), _elements(elements, nodes=False), value)
    nodes = value.get("nodes")
    if isinstance(nodes, dict):  # JSON Graph Format
        nodes = [{"id": node, **_dict(about)} for node, about in nodes.items()]
    if not isinstance(nodes, list):
        return None
    if isinstance(value.get("adjacency"), list):
        return Graph(_objects(nodes), _adjacent(_objects(nodes), value["adjacency"]), value)
    edges = value.get("links", value.get("edges"))
    plain = [each if isinstance(each, dict) else {"id": each} for each in nodes]
    return Graph(plain, _objects(edges), value) if isinstance(edges, list) else None


class Graph:
    """The nodes and edges of one graph."""

    def __init__(self, nodes: Sequence[Object], edges: Sequence[Object], about: Object) -> None:
        self._listed, self._edges = nodes, edges
        self._directed = about.get("directed") is not False
        self._by_place = all(_id(each) is None for each in nodes)

    def rows(self, line: int | None) -> Iterator[Row]:
        """The rows of all nodes, then those of all edges."""
        nodes = Nodes()
        for place, about in enumerate(self._listed):
            found = _id(about)
            yield from nodes.add(place if found is None else found, _rest(about), line)
        for about in self._edges:
            directed = self._directed and about.get("directed") is not False
            yield from nodes.edge(self._ends(about), _rest(about), line, directed=directed)
        yield from nodes.alone()

    def _ends(self, about: Object) -> tuple[Hashable, Hashable]:
        """The ids of parent and child; some programs put the whole node or its place there."""
        keys = next((pair for pair in _ENDS if pair[0] in about), _ENDS[0])
        parent, child = (self._end(about.get(key)) for key in keys)
        return parent, child

    def _end(self, told: Any) -> Hashable:
        if isinstance(told, dict):
            told = _id(told)
        if isinstance(told, int) and not self._by_place and 0 <= told < len(self._listed):
            at_place = _id(self._listed[told])
            return at_place if isinstance(at_place, str) else told
        return told if isinstance(told, str | int | float) else ""


_KEYS = frozenset({"source", "target", "from", "to", "id", "key", "directed", "value"})


def _rest(about: Object) -> Object:
    return {field: each for field, each in about.items() if field not in _KEYS}


def _elements(elements: Any, *, nodes: bool) -> list[Object]:
    """Cytoscape's nodes or edges, which it keeps in two lists or in one."""
    if isinstance(elements, dict):
        listed = elements.get("nodes" if nodes else "edges")
    else:
        listed = [each for each in _objects(elements)
                  if ("source" not in _dict(each.get("data"))) == nodes]  # fmt: skip
    return [_dict(each.get("data")) for each in _objects(listed)]


def _adjacent(nodes: list[Object], adjacency: list[Any]) -> list[Object]:
    return [
        {**_dict(each), "source": _id(node), "target": _id(_dict(each))}
        for node, row in zip(nodes, adjacency, strict=False)
        for each in (row if isinstance(row, list) else [])
    ]


def _id(about: Object) -> str | int | float | None:
    found = about.get("id", about.get("key"))
    return found if isinstance(found, str | int | float) else None


def _objects(listed: Any) -> list[Object]:
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _dict(value: Any) -> Object:
    return value if isinstance(value, dict) else {}
