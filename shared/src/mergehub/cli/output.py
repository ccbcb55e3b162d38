"""What commands print on standard output for people."""

from __future__ import annotations

from collections.abc import Mapping

import click
from rich.console import Console, RenderableType
from rich.table import Column, Table

NEVER_WRAP = 10_000


def table(*columns: str) -> Table:
    """A table that never cuts a cell: what does not fit goes on in the next line."""
    return Table(*(Column(name, overflow="fold") for name in columns), box=None, pad_edge=False)


def details(rows: Mapping[str, str]) -> Table:
    """One thing, a line for each of its sides that there is something to say about."""
    shown = table("", "")
    shown.show_header = False
    shown.columns[0].style = "bold"
    for name, value in rows.items():
        if value:
            shown.add_row(name, value)
    return shown


def show(what: RenderableType) -> None:
    """Fit a table or tree to the terminal; a pipe or a file gets whole lines.

    Brackets in names and messages are text, never markup.
    """
    console = Console(highlight=False, markup=False)
    if console.is_terminal:
        console.print(what)
        return
    console.width = NEVER_WRAP
    with console.capture() as captured:
        console.print(what)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))
