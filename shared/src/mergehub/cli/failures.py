"""Faults as lines that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

import click

if TYPE_CHECKING:
    from mergehub.recipe import Fault


class Line(NamedTuple):
    """One fault: the JSON pointer to its place, and its line if the text has lines."""

    path: str
    line: int | None
    message: str
    suggestion: str | None
    code: str

    @classmethod
    def of(cls, fault: Fault) -> Self:
        """The line of a recipe's fault."""
        return cls(fault.path, fault.line, fault.message, fault.suggestion, fault.code)


class Faults(click.ClickException):
    """A sentence and below it each fault: its place, what is wrong, and a suggestion."""

    def __init__(self, message: str, faults: Iterable[Line]) -> None:
        super().__init__(message)
        self.faults = tuple(faults)

    def show(self, file: IO[Any] | None = None) -> None:
        super().show(file)
        for line in self.faults:
            show_fault(line)


def show_fault(fault: Line, colour: str = "red") -> None:
    """Print one fault on standard error."""
    from mergehub.recipe.faults import place

    suffix = click.style(f" ({fault.suggestion})", fg="green") if fault.suggestion else ""
    where = click.style(place(fault.path, fault.line), fg=colour)
    click.echo(f"  {where}  {fault.message}{suffix}", err=True)


def show_warnings(warnings: Iterable[Line]) -> None:
    """Print warnings on standard error."""
    for warning in warnings:
        show_fault(warning, colour="yellow")


def recipe_text(file: IO[str]) -> str:
    """The text of a recipe file. A file that is not UTF-8 ends the command with a message."""
    try:
        return file.read()
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{file.name} is not text: a recipe must be YAML in UTF-8."
        ) from error


@contextmanager
def recipe_faults(name: str) -> Iterator[None]:
    """Turn a refusal of the recipe that this block reads into a message with each fault."""
    from mergehub.recipe import RecipeError

    try:
        yield
    except RecipeError as error:
        count = "one fault" if len(error.faults) == 1 else f"{len(error.faults)} faults"
        raise Faults(f"{name} has {count}:", map(Line.of, error.faults)) from None
