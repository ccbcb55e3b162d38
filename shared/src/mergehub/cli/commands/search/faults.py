"""The faults of a query, each below the characters that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO, Any

import click
from rich.cells import cell_len

from mergehub.cli.failures import Faults, Line, show_fault

_PLACE = re.compile(r"/query/q#char=(\d+),(\d+)")
AROUND = 40
"""So many characters are shown before and after the place of a fault."""


class QueryFaults(Faults):
    """A sentence, and below it the text of the query with a mark under each fault."""

    def __init__(self, message: str, faults: Iterable[Line], text: str) -> None:
        super().__init__(message, faults)
        self._text = text

    def show(self, file: IO[Any] | None = None) -> None:
        click.ClickException.show(self, file)
        for fault in self.faults:
            place = _PLACE.fullmatch(fault.path)
            if place is None:
                show_fault(fault)
            else:
                self._show(fault, int(place[1]), int(place[2]))

    def _show(self, fault: Line, begin: int, end: int) -> None:
        start = max(begin - AROUND, 0)
        shown = " ".join(self._text[start : end + AROUND].splitlines())
        before, marked = self._text[start:begin], self._text[begin:end]
        mark = click.style("^" * max(cell_len(marked), 1), fg="red")
        hint = click.style(f" ({fault.suggestion})", fg="green") if fault.suggestion else ""
        click.echo(f"  {shown}", err=True)
        click.echo(f"  {' ' * cell_len(before)}{mark} {fault.message}{hint}", err=True)


def pointed(error: Faults, text: str) -> Faults:
    """The same failure, whose faults point into the text of the query."""
    if any(_PLACE.fullmatch(fault.path) for fault in error.faults):
        return QueryFaults(error.message, error.faults, text)
    return error
