"""`board create` and `board delete`: boards of one's own."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import click

from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.client import api

KEEP_NEGATIVE = "Let scores below a random guess be negative; otherwise they count as 0."


@click.command("create")
@click.argument("name")
@click.option("--title", required=True, help="What people read above the board.")
@click.option("--summary", required=True, help="A sentence about it.")
@click.option("--benchmark", "benchmarks", multiple=True, required=True, metavar="NAME[=WEIGHT]",
              help="A column and its weight; repeat it.")  # fmt: skip
@click.option("--owner", help="An organisation in which you may write; by default, you.")
@click.option("--raw-values", is_flag=True, help="Take 100 times the values: a guess is not 0.")
@click.option("--keep-negative", is_flag=True, help=KEEP_NEGATIVE)
@as_json
@click.pass_context
def create(
    ctx: click.Context,
    /,
    name: str,
    title: str,
    summary: str,
    benchmarks: tuple[str, ...],
    owner: str | None,
    raw_values: bool,
    keep_negative: bool,
    raw: bool,
) -> None:
    """Make a board of benchmarks that you choose.

    Of each benchmark, it has the version, the metric and the number of shots that most models
    have. Everybody can see it.
    """
    body: Any = {
        "name": name,
        "title": title,
        "summary": summary,
        "columns": [_column(each) for each in benchmarks],
        "normalisation": "none" if raw_values else "guess",
        "below_guess": "negative" if keep_negative else "zero",
    }
    if owner is not None:
        body["owner"] = owner
    with hub(ctx) as client:
        answer = dict(client.send(api.create_board(body)))
    if raw:
        show_json(answer)
    else:
        click.echo(answer["name"])


def _column(text: str) -> dict[str, Any]:
    """A benchmark with its weight, as in `gsm8k=2`."""
    benchmark, equals, weight = text.partition("=")
    if not equals:
        return {"benchmark": benchmark}
    with suppress(ValueError):
        if math.isfinite(read := float(weight)):
            return {"benchmark": benchmark, "weight": read}
    raise click.BadParameter(
        f"{weight!r} is not a weight; write a number, as in gsm8k=2", param_hint="--benchmark"
    )


@click.command("delete")
@click.argument("name")
@as_json
@click.pass_context
def delete(ctx: click.Context, name: str, raw: bool) -> None:
    """Delete a board of your own. Its releases stay."""
    with hub(ctx) as client:
        client.send(api.delete_board(name, if_match="*"))
    if raw:
        show_json({"deleted": name})
    else:
        click.echo(f"Deleted {name}.", err=True)
