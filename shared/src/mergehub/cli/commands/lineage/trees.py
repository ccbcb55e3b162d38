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
    """The walk as a tree; a model that occurs twice is expanded only the first time.

    Of several edges between the same two models, the surest is shown.
    """
    here, there = ("child", "parent") if direction == "ancestors" else ("parent", "child")
    names = {node["id"]: node["name"] for node in walk["nodes"]}
    onward: dict[str, dict[str, Edge]] = defaultdict(dict)
    for edge in walk["edges"]:
        if edge[there] in names:
            known = onward[edge[here]].setdefault(edge[there], edge)
            onward[edge[here]][edge[there]] = max(known, edge, key=_sureness)
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
            (branch.add(_label(edge, names[other], direction)), other)
            for other, edge in onward[model].items()
        ]
    return tree


def _sureness(edge: Edge) -> tuple[int, bool]:
    """Which of several statements about the same two models is shown."""
    return edge.get("confidence", 0), edge["method"] is not None


def _label(edge: Edge, name: str, direction: Direction) -> Text:
    method = f" by {edge['method']}" if edge["method"] else ""
    weight = f", weight {edge['weight']:g}" if edge["weight"] is not None else ""
    how = f"{edge['relation']}{method}{weight}"
    if edge["role"] == "base" and edge["relation"] == "merge":
        how = f"base{weight}" if direction == "ancestors" else f"{how}, on this base"
    return Text.assemble(name, (f" ({how})", "dim"))
