"""`uplift`: a merge against its parents, the table by method and base, several models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mergehub.cli.commands.uplift import comparison, merge, table
from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.pictures.files import save, saves_pictures
from mergehub.client import HubClient

VIEWS = {"merge": merge, "table": table, "comparison": comparison}


@click.command()
@click.argument("models", metavar="[MODEL]...", nargs=-1)
@click.option("--table", "tabled", is_flag=True, help="Show all merges by method and base.")
@click.option("--compare", is_flag=True, help="Compare two to six MODELS with the first of them.")
@click.option("--board", default="overall", show_default=True, help="The board of both.")
@click.option(
    "--against",
    type=click.Choice(["best", "mean", "base"]),
    default="best",
    show_default=True,
    help="What the merges of the table are compared with.",
)
@click.option("--base", help="Only merges of the table that go back to this model.")
@click.option("--method", help="Only merges of the table by this method.")
@click.option("--precision", help="Only results of MODEL in this precision.")
@saves_pictures
@as_json
@click.pass_context
def uplift(
    ctx: click.Context,
    /,
    models: tuple[str, ...],
    raw: bool,
    svg: Path | None,
    png: Path | None,
    **asked: Any,
) -> None:
    """Show what merges gained over their parents.

    With a MODEL, that merge; with --table, all merges of a board by method and base; with
    --compare, several models beside each other.
    """
    view = VIEWS[_view(models, asked)]
    with hub(ctx) as client:
        answer = _answer(client, models, asked)
    if raw:
        show_json(answer)
    else:
        view.show_answer(answer)
    if svg or png:
        save(view.picture(answer), svg, png)


def _view(models: tuple[str, ...], asked: dict[str, Any]) -> str:
    """Which of the three is wanted. Raises UsageError."""
    if asked["tabled"] and asked["compare"]:
        raise click.UsageError("--table and --compare exclude each other.")
    if asked["tabled"]:
        if models:
            raise click.UsageError("--table takes no MODEL: choose merges by --base or --method.")
        return "table"
    if asked["compare"]:
        if not 2 <= len(models) <= 6:
            raise click.UsageError("--compare takes two to six MODELS.")
        return "comparison"
    if len(models) != 1:
        raise click.UsageError("Give one MODEL, or --table, or --compare and several MODELS.")
    return "merge"


def _answer(client: HubClient, models: tuple[str, ...], asked: dict[str, Any]) -> dict[str, Any]:
    board = asked["board"]
    if asked["tabled"]:
        filters = {name: asked[name] for name in ("against", "base", "method")}
        return client.get("/v1/uplift/table", board=board, **filters)
    if asked["compare"]:
        return client.get("/v1/uplift/comparison", model=list(models), board=board)
    return client.get("/v1/uplift", model=models[0], precision=asked["precision"])
