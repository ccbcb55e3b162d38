"""Tables and trees that commands print on standard output for people."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime

import click
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Column, Table

NEVER_WRAP = 10_000
GAP = 2


def table(*columns: str) -> Table:
    """A table in which only the last column wraps, between words."""
    first = [Column(name, no_wrap=True) for name in columns[:-1]]
    return Table(*first, columns[-1], box=None, pad_edge=False)


def details(rows: Mapping[str, RenderableType]) -> Table:
    """One thing as a table, with a line for each property that has a value."""
    shown = table("", "")
    shown.show_header = False
    shown.columns[0].style = "bold"
    for name, value in rows.items():
        if value:
            shown.add_row(name, value)
    return shown


def time_of(moment: str | datetime | None) -> str:
    """A time in this machine's zone, to the second; empty for none."""
    if moment is None:
        return ""
    parsed = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return parsed.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def show(what: RenderableType) -> None:
    """Print a table or tree."""
    click.echo(drawn(what))


def paged(text: str) -> None:
    """Print a text, if there is any; a terminal shows in a pager what is longer than its screen."""
    lines = text.count("\n") + 1
    if sys.stdout.isatty() and lines >= shutil.get_terminal_size().lines:
        click.echo_via_pager(text)
    elif text:
        click.echo(text)


def drawn(what: RenderableType) -> str:
    """A table or tree as text, fitted to the terminal; a pipe or a file gets whole lines.

    A table that is too wide is shown as its rows, one below the other. If a word is still too long,
    the terminal wraps it, so that it can be copied whole. Brackets in names and messages are text,
    never markup.
    """
    console = Console(highlight=False, markup=False)
    room = console.width if console.is_terminal else NEVER_WRAP
    console.width = NEVER_WRAP
    if isinstance(what, Table) and what.show_header and _narrowest(console, what) > room:
        what = Group(*_rows(what))
    console.width = max(room, _narrowest(console, what))
    with console.capture() as captured:
        console.print(what)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _narrowest(console: Console, what: RenderableType) -> int:
    """The width at which only the text that may wrap does so."""
    if isinstance(what, Group):
        return max(_narrowest(console, each) for each in what.renderables)
    if not isinstance(what, Table):
        return Measurement.get(console, console.options, what).minimum
    widths = []
    for column in what.columns:
        cells = [column.header, *column.cells] if what.show_header else [*column.cells]
        sizes = [Measurement.get(console, console.options, cell) for cell in cells]
        widths.append(max(each.maximum if column.no_wrap else each.minimum for each in sizes))
    return sum(widths) + GAP * (len(widths) - 1)


def _rows(shown: Table) -> Iterator[RenderableType]:
    """Each row as lines with the column's name before each cell."""
    names = [str(column.header) for column in shown.columns]
    for place, cells in enumerate(zip(*(column.cells for column in shown.columns), strict=True)):
        if place:
            yield ""
        yield details(dict(zip(names, cells, strict=True)))
