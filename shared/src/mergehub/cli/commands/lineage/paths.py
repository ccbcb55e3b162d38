"""`lineage path` and `lineage common`: how models are related."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import click

from mergehub.cli.commands.lineage.filters import filters, query
from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.output import show, table

MOST_PATHS = 20
UP, DOWN = "←", "→"
"""Between a child and its parent, and between a parent and its child."""


@click.command("path")
@click.argument("model")
@click.argument("other")
@click.option("--any", "in_any", is_flag=True, help="Go in any direction, by what both share.")
@filters
@as_json
@click.pass_context
def path(
    ctx: click.Context, /, model: str, other: str, in_any: bool, raw: bool, **asked: Any
) -> None:
    """Show the shortest paths between two models.

    In `a ← b → c`, a and c were made from b. Without --any, a path follows one line of descent, in
    the direction in which there is one.
    """
    with hub(ctx) as client:
        start, end = client.model(model), client.model(other)
        found = client.get(
            f"/v1/models/{start['id']}/paths",
            to=end["id"], ways="any" if in_any else "lineage", limit=MOST_PATHS, **query(asked),
        )  # fmt: skip
    if raw:
        show_json(found)
        return
    if not found["paths"]:
        hint = "" if in_any else " With --any, a path may change its direction."
        raise click.ClickException(f"No path leads from {start['name']} to {end['name']}.{hint}")
    for line in lines(found):
        click.echo(line)
    if (more := found["count"] - len(found["paths"])) > 0:
        click.echo(f"and {more} more of the same length", err=True)


def lines(found: Mapping[str, Any]) -> list[str]:
    """Each path on a line, with an arrow from parent to child in each step."""
    names = {node["id"]: node["name"] for node in found["nodes"]}
    made = {(edge["child"], edge["parent"]) for edge in found["edges"]}
    shown = []
    for steps in found["paths"]:
        line = names[steps[0]]
        for here, there in pairwise(steps):
            line += f" {UP if (here, there) in made else DOWN} {names[there]}"
        shown.append(line)
    return shown


@click.command("common")
@click.argument("model")
@click.argument("others", nargs=-1, required=True)
@click.option(
    "--limit",
    type=click.IntRange(1, 200),
    default=20,
    show_default=True,
    help="How many common ancestors to list at most, the nearest first.",
)
@filters
@as_json
@click.pass_context
def common(
    ctx: click.Context, /, model: str, others: tuple[str, ...], limit: int, raw: bool, **asked: Any
) -> None:
    """Show what several models have in common.

    The first is the nearest base that all of them share. A distance is the number of steps from a
    model.
    """
    with hub(ctx) as client:
        ids = [client.model(name)["id"] for name in (model, *others)]
        found = client.get("/v1/graph/common", model=ids, limit=limit, **query(asked))
    if raw:
        show_json(found)
        return
    if not found["items"]:
        raise click.ClickException("These models have no known ancestor in common.")
    listed = table("ancestor", *(f"from {each['name']}" for each in found["models"]), "children")
    for each in found["items"]:
        listed.add_row(each["name"], *map(str, each["distances"]), str(each["children_count"]))
    show(listed)
    if found["truncated"]:
        click.echo("There are more: see --limit.", err=True)
