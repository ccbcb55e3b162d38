"""What all merges of a board gained, by method and base."""

from __future__ import annotations

import click
from rich.text import Text

from mergehub.cli.commands.uplift.parts import Answer, interval
from mergehub.cli.output import show
from mergehub.cli.output import table as lines
from mergehub.cli.pictures.drawing import Picture
from mergehub.cli.pictures.heat import Spot, heat

MOST_BASES = 8


def show_answer(answer: Answer) -> None:
    """Print the methods with their gains, then the cells of the most used bases."""
    if not answer["rows"]:
        click.echo("No merge of this board is measured together with what it is compared with.")
        return
    click.echo(f"Board {answer['board']}: {answer['how']}\n")
    shown = lines("method", "merges", "better", "worse", "unclear", "median", "mean gain")
    for each in [*answer["by_method"], {"method": "all", **answer["total"]}]:
        counts = (str(each[name]) for name in ("merges", "better", "worse", "unclear"))
        gain = Text(interval({**each, "value": each["mean"]}, 2), _colour(each))
        shown.add_row(each["method"], *counts, f"{each['median']:+.2f}", gain)
    show(shown)
    click.echo()
    _show_cells(answer)


def _show_cells(answer: Answer) -> None:
    cells = {(each["base"], each["method"]): each for each in answer["cells"]}
    shown = lines("base", "method", "merges", "better", "worse", "mean gain")
    for base in answer["columns"][:MOST_BASES]:
        left = base
        for method in answer["rows"]:
            if each := cells.get((base, method)):
                counts = (str(each[name]) for name in ("merges", "better", "worse"))
                shown.add_row(left, method, *counts, Text(f"{each['mean']:+.2f}", _colour(each)))
                left = ""
    show(shown)


def _colour(each: Answer) -> str:
    """Green or red if the interval of the mean leaves zero out."""
    if each["low"] is None or each["low"] <= 0 <= each["high"]:
        return "dim"
    return "green" if each["low"] > 0 else "red"


def picture(answer: Answer) -> Picture:
    """The table as a heat map."""
    spots = {
        (each["method"], each["base"]): Spot(each["mean"], each["merges"])
        for each in answer["cells"]
    }
    title = f"Mean gain of merges by method and base, board {answer['board']}"
    return heat(title, answer["rows"], answer["columns"][:MOST_BASES], spots)
