"""A recipe on the command line: a file, standard input, or the name of a published recipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from mergehub.cli.failures import recipe_faults, recipe_text
from mergehub.cli.finding import MISSING, is_file, recipe_version
from mergehub.client import HubClient, HubError
from mergehub.recipe import parse_to_merge


def text_of(recipe: str, check: Callable[[str], object] = parse_to_merge) -> str | None:
    """The text of a file or of standard input, checked; None for the name of a recipe."""
    if not is_file(recipe):
        return None
    path = Path(recipe).expanduser()
    if path.is_dir():
        raise click.ClickException(f"{recipe} is a folder, not a recipe.")
    if recipe != "-" and not path.exists():
        raise click.ClickException(f"There is no file {recipe}.")
    try:
        with click.open_file(str(path), encoding="utf-8") as file, recipe_faults(file.name):
            text = recipe_text(file)
            check(text)
    except OSError as error:
        raise click.ClickException(f"{recipe} cannot be read: {error.strerror}.") from error
    return text


def wanted_recipe(client: HubClient, recipe: str, text: str | None) -> dict[str, str]:
    """What a request says of the recipe: its `text`, or the id of the version that it names.

    If a file has that name, the message of a failure says how to name it.
    """
    if text is not None:
        return {"recipe": text}
    try:
        return {"recipe_version": str(recipe_version(client, recipe)[1]["id"])}
    except HubError as error:
        if error.status in MISSING and Path(recipe).is_file():
            raise click.ClickException(
                f"{error.detail} To use the file of that name, write ./{recipe}"
            ) from error
        raise
