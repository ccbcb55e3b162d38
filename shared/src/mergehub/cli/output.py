"""What commands print on standard output."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console, RenderableType

NEVER_WRAP = 10_000


def show(what: RenderableType) -> None:
    """Fit a table or tree to the terminal; a pipe or a file gets whole lines.

    Brackets in names and messages are text, never markup.
    """
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = NEVER_WRAP
    console.print(what)


def show_json(answer: Any) -> None:
    """The hub's answer as it is."""
    click.echo(json.dumps(answer, indent=2, default=str))
