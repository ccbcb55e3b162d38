"""Arguments that name a folder, or else something on a hub."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from mergehub.recipe.reference import PATHS


def is_folder(what: str) -> bool:
    """Whether a folder is meant: one that exists, or a path."""
    if Path(what).expanduser().is_dir():
        return True
    if what.startswith(PATHS):
        raise click.UsageError(f"There is no folder {what}.")
    return False


def refuse_options(names: tuple[str, ...], ctx: click.Context, of: str) -> None:
    """Refuse options that were given although they are for something else."""
    for option in ctx.command.params:
        given = ctx.get_parameter_source(option.name or "") == ParameterSource.COMMANDLINE
        if option.name in names and given:
            raise click.UsageError(f"{option.opts[-1]} is for {of}.")
