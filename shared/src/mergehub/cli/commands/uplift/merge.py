"""A merge against each parent, the best ingredient and the mean of all."""

from __future__ import annotations

from collections.abc import Iterator

import click
from rich.table import Table

from mergehub.cli.commands.uplift.parts import Answer, difference, forest, row, score
from mergehub.cli.output import show, table
from mergehub.cli.pictures.drawing import Picture
from mergehub.cli.pictures.forest import Row
from mergehub.cli.pictures.forest import forest as plotted


def show_answer(answer: Answer) -> None:
    """Print the comparisons as a table, and the uplift as a plot."""
    compared = _table(answer)
    if compared.row_count:
        show(compared)
    if rows := _rows(answer):
        click.echo("\nUplift over the best ingredient:")
        show(forest(rows))
    if left_out := _left_out(answer):
        click.echo(left_out, err=True)


def picture(answer: Answer) -> Picture:
    """The uplift over the best ingredient on each benchmark, in each domain and in the mean."""
    title = f"{answer['model']}: uplift over its best ingredient"
    return plotted(title, _rows(answer), "difference of scores, with 95 % intervals")


def _parts(answer: Answer) -> list[tuple[str, Answer]]:
    parts = [(each["benchmark"], each) for each in answer["benchmarks"]]
    parts += [(f"{each['domain']} (domain)", each) for each in answer["domains"]]
    return [*parts, ("mean", answer["mean"])] if answer["mean"] else parts


def _table(answer: Answer) -> Table:
    """For each benchmark, domain and the mean, one row per model to compare with."""
    shown = table("benchmark", "score", "against", "its score", "uplift", "compared", "verdict")
    for name, part in _parts(answer):
        left = (name, score(part["score"]))
        for against, told in _comparisons(part):
            shown.add_row(*left, against, score(told["score"]), *difference(told))
            left = ("", "")
    return shown


def _comparisons(part: Answer) -> Iterator[tuple[str, Answer]]:
    for parent in part["parents"]:
        yield f"{parent['model']} ({', '.join(parent['roles'])})", parent
    if part["best_parent"]:
        yield "best ingredient", part["best_parent"]
    if part["parents_mean"]:
        yield "mean of ingredients", part["parents_mean"]


def _rows(answer: Answer) -> list[Row]:
    return [row(name, part["best_parent"]) for name, part in _parts(answer) if part["best_parent"]]


def _left_out(answer: Answer) -> str:
    """A sentence about the parents that cannot be compared; empty without any."""
    model, parents = answer["model"], answer["parents"]
    if not parents:
        return f"No parents of {model} are known, so there is nothing to compare it with."
    names = dict.fromkeys(each["model"] for each in parents if not each["measured"])
    if not names:
        return ""
    return (
        f"Not evaluated on the benchmarks of {model}: {', '.join(names)}. "
        "`mergehub evaluate` evaluates a model."
    )
