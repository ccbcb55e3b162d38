"""submit: Merge a recipe on a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal

from mergehub.cli.commands.runs import FOLLOW
from mergehub.cli.connection import hub
from mergehub.cli.failures import recipe_faults, recipe_text
from mergehub.cli.finding import MISSING, is_file, recipe_version
from mergehub.cli.json_option import as_json
from mergehub.cli.submission import CLASS, TIMEOUT, Contract, submitted
from mergehub.client import HubClient, HubError
from mergehub.contracts.kinds.merge import LARGEST_SEED, MergeResult
from mergehub.contracts.names import ModelName
from mergehub.recipe import parse_to_merge


@click.command("submit")
@click.argument("recipe")
@click.option(
    "--name",
    "model_name",
    type=Contract(ModelName),
    required=True,
    help="The name of the merged model.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, LARGEST_SEED),
    default=0,
    show_default=True,
    help="The seed of methods that draw at random.",
)
@CLASS
@TIMEOUT
@FOLLOW
@as_json
@click.pass_context
def command(
    ctx: click.Context,
    /,
    recipe: str,
    model_name: str,
    seed: int,
    wait: bool,
    raw: bool,
    **how: Any,
) -> None:
    """Merge a recipe on a worker.

    RECIPE is one of: the name of a published recipe, with or without its owner and a version (soup,
    soup@2, lab/soup); a file with a suffix (soup.yml) or a path (./soup); or - for standard input.
    Prints the id of the run.
    """
    text = _text(recipe)
    wanted = {"kind": "merge", "model_name": model_name, "seed": seed, **how}
    with hub(ctx) as client:
        if text is None:
            wanted["recipe_version"] = _version(client, recipe)
        else:
            wanted["recipe"] = text
        submitted(client, wanted, wait, raw)


def outcome(result: MergeResult) -> str:
    """The result of a merge, in lines."""
    size = f"{result.tensors} tensors, {decimal(result.bytes)}, {result.seconds:.1f} s"
    notes = (f"note: {note}" for note in result.notes)
    return "\n".join([f"merged: {size}", *notes, result.output_digest])


def _text(recipe: str) -> str | None:
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
            parse_to_merge(text)
    except OSError as error:
        raise click.ClickException(f"{recipe} cannot be read: {error.strerror}.") from error
    return text


def _version(client: HubClient, name: str) -> str:
    """The id of a published version. If a file has that name, the message says how to name it."""
    try:
        return str(recipe_version(client, name)[1]["id"])
    except HubError as error:
        if error.status in MISSING and Path(name).is_file():
            raise click.ClickException(
                f"{error.detail} To merge the file of that name, write ./{name}"
            ) from error
        raise
