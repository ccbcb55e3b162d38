"""`board history`: the places that a model had, as a small plot."""

from __future__ import annotations

from typing import Any

import click

from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.output import show, table
from mergehub.client import api

from .bars import line

LAST = 10
PLOTTED = 60


@click.command("history")
@click.argument("model")
@click.option("--board", "name", default="overall", show_default=True, help="The board.")
@as_json
@click.pass_context
def history(ctx: click.Context, model: str, name: str, raw: bool) -> None:
    """Show the places that a model had: a plot, and the last ten days."""
    with hub(ctx) as client:
        answer: dict[str, Any] = dict(client.send(api.get_rank_history(name, model=model)))
    if raw:
        show_json(answer)
        return
    points = answer["points"]
    if not points:
        click.echo(f"{answer['model']} has had no place on the board {name}.", err=True)
        return
    shown = points[-PLOTTED:]
    plot = line([-float(point["place"]) for point in shown])
    click.echo(f"{shown[0]['day']} {plot} {shown[-1]['day']}  higher is better")
    rows = table("day", "place", "of", "mean")
    for point in points[-LAST:]:
        rows.add_row(point["day"], str(point["place"]), str(point["of"]), f"{point['mean']:.2f}")
    show(rows)
