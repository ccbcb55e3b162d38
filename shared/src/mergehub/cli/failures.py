"""What went wrong, as lines that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

Line = tuple[str, str, str | None]


class Faults(click.ClickException):
    """A sentence and below it each fault: its place, what is wrong, what would be right."""

    def __init__(self, message: str, faults: Iterable[Line]) -> None:
        super().__init__(message)
        self.faults = tuple(faults)

    def show(self, file: IO[Any] | None = None) -> None:
        super().show(file)
        for line in self.faults:
            show_fault(line)


def show_fault(line: Line, colour: str = "red") -> None:
    """One fault on standard error."""
    place, what, hint = line
    suffix = click.style(f" ({hint})", fg="green") if hint else ""
    click.echo(f"  {click.style(place or '/', fg=colour)}  {what}{suffix}", err=True)


def recipe_text(file: IO[str]) -> str:
    """The text of a recipe file, whatever its bytes are."""
    try:
        return file.read()
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name} is no text: a recipe is YAML in UTF-8.") from error


@contextmanager
def recipe_faults(name: str) -> Iterator[None]:
    """Tell each fault of the recipe that is read in this block."""
    from mergehub.recipe import RecipeError

    try:
        yield
    except RecipeError as error:
        count = "one fault" if len(error.faults) == 1 else f"{len(error.faults)} faults"
        lines = [(fault.place, fault.message, fault.suggestion) for fault in error.faults]
        raise Faults(f"{name} has {count}:", lines) from None
