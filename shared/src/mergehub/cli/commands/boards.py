"""`uplift`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.output import show, table

Answer = dict[str, Any]


@click.command()
@click.argument("model")
@as_json
@click.pass_context
def uplift(ctx: click.Context, model: str, raw: bool) -> None:
    """Compare a merge with its parents."""
    with hub(ctx) as client:
        answer = client.uplift(model)
    if raw:
        show_json(answer)
        return
    compared = _uplift_table(answer)
    if compared.row_count:
        show(compared)
    if left_out := _left_out(model, answer["parents"]):
        click.echo(left_out, err=True)


def _uplift_table(answer: Answer) -> Table:
    """The table: for each benchmark and the mean, one row per model to compare with."""
    shown = table("benchmark", "score", "against", "its score", "uplift", "compared", "verdict")
    parts = [(each["benchmark"], each) for each in answer["benchmarks"]]
    if answer["mean"]:
        parts.append(("mean", answer["mean"]))
    for benchmark, part in parts:
        left = (benchmark, _score(part["score"]))
        for against, comparison in _comparisons(part):
            shown.add_row(*left, against, _score(comparison["score"]), *_difference(comparison))
            left = ("", "")
    return shown


def _left_out(model: str, parents: list[Answer]) -> str:
    """A sentence about the parents that cannot be compared; empty without any."""
    if not parents:
        return f"No parents of {model} are known, so there is nothing to compare it with."
    names = dict.fromkeys(each["model"] for each in parents if not each["measured"])
    if not names:
        return ""
    return (
        f"Not evaluated on the benchmarks of {model}: {', '.join(names)}. "
        "`mergehub evaluate` evaluates a model."
    )


def _comparisons(part: Answer) -> Iterator[tuple[str, Answer]]:
    for parent in part["parents"]:
        yield f"{parent['model']} ({', '.join(parent['roles'])})", parent
    if part["best_parent"]:
        yield "best ingredient", part["best_parent"]
    if part["parents_mean"]:
        yield "mean of ingredients", part["parents_mean"]


COLOURS = {"better": "green", "worse": "red", "no clear difference": "dim"}


def _difference(comparison: Answer) -> tuple[Text, str, Text]:
    """The uplift with its interval, how it was compared, and the verdict."""
    change, verdict = comparison["in_family"], comparison["verdict"]
    how = f"paired over {comparison['items']} items" if comparison["paired"] else "unpaired"
    interval = f"{change['value']:+.3f} [{change['low']:+.3f}, {change['high']:+.3f}]"
    colour = COLOURS.get(verdict, "")
    return Text(interval, colour), how, Text(verdict, colour)


def _score(estimate: Answer | None) -> str:
    if estimate is None:
        return "-"
    return f"{estimate['value']:.3f} ±{(estimate['high'] - estimate['low']) / 2:.3f}"
