"""A graph in memory from plain lists, and the same graph in networkx, which tests compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from hypothesis import strategies as st
from when_used import when_used

from lineage.memory.arrays import NOTHING
from lineage.memory.columns import RELATIONS, ROLES
from lineage.memory.graph import Graph, halves
from lineage.memory.growing import GrowingGraph
from mergehub.columns.codes import set_text

nx = when_used("networkx")

SPACE = UUID(int=7)
METHODS = ("", "linear", "ties", "slerp")
LICENCES = ("", "apache-2.0", "cc-by-nd-4.0", "cc-by-nc-4.0", "llama3", "gpl-3.0")


@dataclass(frozen=True)
class Edge:
    """An edge as a test draws it."""

    child: int
    parent: int
    relation: str = "merge"
    role: str = "ingredient"
    method: str = ""
    weight: float | None = None
    made_on: int = -1


@dataclass
class Drawn:
    """The same models and edges in memory and in networkx, whose edges point to the parents."""

    growing: GrowingGraph = field(default_factory=GrowingGraph)
    plain: Any = field(default_factory=lambda: nx.MultiDiGraph())
    edges: list[Edge] = field(default_factory=list)

    @property
    def graph(self) -> Graph:
        return self.growing.graph(len(self.edges))

    def models(self, facts: dict[int, dict[str, Any]]) -> None:
        """Add models; what a test says of them is in `facts`."""
        if not facts:
            return
        numbers = np.array(sorted(facts), np.int32)
        rows = [facts[number] for number in numbers]
        ids = [halves(id_of(number)) for number in numbers]
        codes = self.growing.codes
        self.growing.put_models(
            numbers,
            self.growing.names.add([name_of(number) for number in numbers]),
            {
                "id_high": np.array([high for high, _ in ids], np.uint64),
                "id_low": np.array([low for _, low in ids], np.uint64),
                "licence": np.array([codes.licence.code(row.get("licence")) for row in rows]),
                "flagged": np.array([bool(row.get("flagged")) for row in rows]),
                "domains": np.array(
                    [codes.domains.code(set_text(row.get("domains", []))) for row in rows]
                ),
            },
        )
        self.plain.add_nodes_from(facts.items())

    def add(self, edges: Sequence[Edge], load: bool = False) -> None:
        """Add edges: as a change, or as a load."""
        if not edges:
            return
        codes, begin = self.growing.codes, len(self.edges)
        values = {
            "id": np.arange(begin, begin + len(edges)) * 3 + 1,
            "child": np.array([edge.child for edge in edges], np.int32),
            "parent": np.array([edge.parent for edge in edges], np.int32),
            "relation": np.array([RELATIONS.index(edge.relation) for edge in edges], np.uint8),
            "role": np.array([ROLES.index(edge.role) for edge in edges], np.uint8),
            "method": np.array([codes.method.code(edge.method) for edge in edges], np.uint16),
            "weight": np.array(
                [np.nan if edge.weight is None else edge.weight for edge in edges], np.float32
            ),
            "made_on": np.array([edge.made_on for edge in edges], np.int32),
        }
        if load:
            self.growing.load_edges(values)
        else:
            self.growing.put_edges(values)
        self.edges += edges
        for edge in edges:
            self.plain.add_edge(edge.child, edge.parent, edge=edge)


def id_of(number: int) -> UUID:
    return uuid5(SPACE, str(number))


def name_of(number: int) -> str:
    return f"org/model-{number}\\ü\tß"


def drawn(edges: Iterable[Edge], facts: dict[int, dict[str, Any]] | None = None) -> Drawn:
    """A graph that was loaded whole."""
    made, edges = Drawn(), list(edges)
    known = {number: {} for edge in edges for number in (edge.child, edge.parent)}
    made.models(known | (facts or {}))
    made.add(edges, load=True)
    return made


def numbers(*wanted: int) -> np.ndarray:
    return np.array(wanted, np.int32) if wanted else NOTHING


@st.composite
def edge(draw: st.DrawFn, models: int, weights: bool = False) -> Edge:
    """An edge from a model to one with a smaller number, so that there is no cycle."""
    child = draw(st.integers(2, models))
    return Edge(
        child,
        draw(st.integers(1, child - 1)),
        draw(st.sampled_from(RELATIONS)),
        draw(st.sampled_from(ROLES)),
        draw(st.sampled_from(METHODS)),
        draw(st.none() | st.floats(0.125, 2, width=16)) if weights else None,
        draw(st.integers(-1, 4)),
    )


@st.composite
def graphs(draw: st.DrawFn, models: int = 12, most: int = 40, weights: bool = False) -> Drawn:
    """A graph that was loaded with some edges and then got more, in changes of any size."""
    made = Drawn()
    made.models(
        {
            number: {
                "licence": draw(st.sampled_from(LICENCES)),
                "flagged": draw(st.integers(0, 4)) == 0,
            }
            for number in range(1, models + 1)
        }
    )
    changes = draw(st.lists(st.lists(edge(models, weights), max_size=8), max_size=most // 8))
    for place, change in enumerate(changes):
        made.add(change, load=place == 0)
    return made
