"""Walks along lineage as trees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal

from rich.text import Text
from rich.tree import Tree

Direction = Literal["ancestors", "descendants"]
Edge = Mapping[str, Any]


def draw(walk: Mapping[str, Any], direction: Direction = "ancestors") -> Tree:
    """The walk as a tree; a model that occurs twice is expanded only the first time."""
    here, there = ("child", "parent") if direction == "ancestors" else ("parent", "child")
    names = {node["id"]: node["name"] for node in walk["nodes"]}
    onward: dict[str, list[Edge]] = defaultdict(list)
    for edge in walk["edges"]:
        if edge[there] in names:
            onward[edge[here]].append(edge)
    tree = Tree(Text(names[walk["start"]], "bold"))
    waiting = [(tree, walk["start"])]
    unfolded = set()
    while waiting:
        branch, model = waiting.pop(0)
        if model in unfolded:
            if onward[model]:
                branch.add(Text("see above", "dim"))
            continue
        unfolded.add(model)
        waiting += [
            (branch.add(_label(edge, names[edge[there]])), edge[there]) for edge in onward[model]
        ]
    return tree


def _label(edge: Edge, name: str) -> Text:
    how = "base" if edge["role"] == "base" and edge["relation"] == "merge" else edge["relation"]
    method = f" by {edge['method']}" if edge["method"] and edge["role"] != "base" else ""
    weight = f", weight {edge['weight']:g}" if edge["weight"] is not None else ""
    return Text.assemble(name, (f" ({how}{method}{weight})", "dim"))
