"""What went wrong, as lines that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

import click

if TYPE_CHECKING:
    from mergehub.recipe import Fault


class Line(NamedTuple):
    """One fault: the JSON pointer to its place, and its line where a text has lines."""

    path: str
    line: int | None
    message: str
    suggestion: str | None
    code: str

    @classmethod
    def of(cls, fault: Fault) -> Self:
        """That of a recipe."""
        return cls(fault.path, fault.line, fault.message, fault.suggestion, fault.code)


class Faults(click.ClickException):
    """A sentence and below it each fault: its place, what is wrong, what would be right."""

    def __init__(self, message: str, faults: Iterable[Line]) -> None:
        super().__init__(message)
        self.faults = tuple(faults)

    def show(self, file: IO[Any] | None = None) -> None:
        super().show(file)
        for line in self.faults:
            show_fault(line)


def show_fault(fault: Line, colour: str = "red") -> None:
    """One fault on standard error."""
    from mergehub.recipe.faults import place

    suffix = click.style(f" ({fault.suggestion})", fg="green") if fault.suggestion else ""
    where = click.style(place(fault.path, fault.line), fg=colour)
    click.echo(f"  {where}  {fault.message}{suffix}", err=True)


def recipe_text(file: IO[str]) -> str:
    """The text of a recipe file, whatever its bytes are."""
    try:
        return file.read()
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{file.name} is not text: a recipe is YAML in UTF-8."
        ) from error


@contextmanager
def recipe_faults(name: str) -> Iterator[None]:
    """Tell each fault of the recipe that is read in this block."""
    from mergehub.recipe import RecipeError

    try:
        yield
    except RecipeError as error:
        count = "one fault" if len(error.faults) == 1 else f"{len(error.faults)} faults"
        raise Faults(f"{name} has {count}:", map(Line.of, error.faults)) from None
