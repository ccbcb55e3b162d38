"""`lineage ancestors` and `lineage descendants`: what is before and after a model, as a tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mergehub.cli.commands.lineage.filters import filters, query
from mergehub.cli.commands.lineage.trees import Direction, draw
from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.output import show

DEPTH = click.option(
    "--depth", "max_depth", type=click.IntRange(1, 1000), help="How many steps to go at most."
)


def _limit(usual: int) -> Callable[[Any], Any]:
    return click.option(
        "--limit",
        type=click.IntRange(1, 2000),
        default=usual,
        show_default=True,
        help="How many models to show at most, the nearest first.",
    )


@click.command()
@click.argument("model")
@DEPTH
@_limit(500)
@filters
@as_json
@click.pass_context
def ancestors(ctx: click.Context, /, model: str, raw: bool, **asked: Any) -> None:
    """Show a model's ancestors as a tree."""
    _walk(ctx, model, "ancestors", asked, raw)


@click.command()
@click.argument("model")
@DEPTH
@_limit(100)
@filters
@as_json
@click.pass_context
def descendants(ctx: click.Context, /, model: str, raw: bool, **asked: Any) -> None:
    """Show what was made from a model as a tree."""
    _walk(ctx, model, "descendants", asked, raw)


def _walk(
    ctx: click.Context, model: str, direction: Direction, asked: dict[str, Any], raw: bool
) -> None:
    with hub(ctx) as client:
        walk = client.get(f"/v1/models/{client.model(model)['id']}/{direction}", **query(asked))
    if raw:
        show_json(walk)
        return
    show(draw(walk, direction))
    if walk["truncated"]:
        click.echo(
            f"This shows only the nearest {direction}; there are more: see --limit and --depth.",
            err=True,
        )
