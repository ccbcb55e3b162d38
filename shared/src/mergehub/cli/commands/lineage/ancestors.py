"""`lineage ancestors`: a model's ancestors as a tree."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.output import show

Edges = dict[str, list[dict[str, Any]]]


@click.command()
@click.argument("model")
@as_json
@click.pass_context
def ancestors(ctx: click.Context, model: str, raw: bool) -> None:
    """Show a model's ancestors as a tree."""
    with hub(ctx) as client:
        walk = client.ancestors(client.model(model)["id"])
    if raw:
        show_json(walk)
        return
    show(draw(walk))
    if walk["truncated"]:
        click.echo("This shows only the nearest ancestors; there are more.", err=True)


def draw(walk: dict[str, Any]) -> Tree:
    """The walk as a tree; a model that occurs twice is expanded only the first time."""
    names = {node["id"]: node["name"] for node in walk["nodes"]}
    parents: Edges = defaultdict(list)
    for edge in walk["edges"]:
        parents[edge["child"]].append(edge)
    tree = Tree(Text(names[walk["start"]], "bold"))
    waiting = [(tree, walk["start"])]
    unfolded = set()
    while waiting:
        branch, model = waiting.pop(0)
        if model in unfolded:
            if parents[model]:
                branch.add(Text("see above", "dim"))
            continue
        unfolded.add(model)
        waiting += [
            (branch.add(_label(edge, names[edge["parent"]])), edge["parent"])
            for edge in parents[model]
        ]
    return tree


def _label(edge: dict[str, Any], name: str) -> Text:
    how = "base" if edge["role"] == "base" else edge["relation"]
    method = f" by {edge['method']}" if edge["method"] and edge["role"] != "base" else ""
    weight = f", weight {edge['weight']:g}" if edge["weight"] is not None else ""
    return Text.assemble(name, (f" ({how}{method}{weight})", "dim"))
