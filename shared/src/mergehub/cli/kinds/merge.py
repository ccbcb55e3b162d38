"""submit: Merge a recipe on a worker."""

from __future__ import annotations

from typing import Any

import click
from rich.filesize import decimal

from mergehub.cli.arguments.contract import Contract
from mergehub.cli.arguments.pushing import wanted_push, with_push
from mergehub.cli.commands.runs import FOLLOW, watch
from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json
from mergehub.cli.recipe_argument import text_of, wanted_recipe
from mergehub.cli.submission import CLASS, TIMEOUT, submitted
from mergehub.contracts.kinds.merge import LARGEST_SEED, MergeResult
from mergehub.contracts.names import ModelName


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
@with_push
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
    push: str | None,
    replace: bool,
    public: bool,
    wait: bool,
    raw: bool,
    **how: Any,
) -> None:
    """Merge a recipe on a worker.

    RECIPE is one of: the name of a published recipe, with or without its owner and a version (soup,
    soup@2, lab/soup); a file with a suffix (soup.yml) or a path (./soup); or - for standard input.
    Prints the id of the run. With --push, another run pushes the model once it is made, by a worker
    that may push there; --follow watches both.
    """
    wanted, text = wanted_push(push, replace, public), text_of(recipe)
    run = {"kind": "merge", "model_name": model_name, "seed": seed, **how}
    run |= {"push": wanted} if wanted else {}
    with hub(ctx) as client:
        done = submitted(client, run | wanted_recipe(client, recipe, text), wait, raw)
        if wait and done.push and done.push.run:
            watch(client, done.push.run, raw)


def outcome(result: MergeResult) -> str:
    """The result of a merge, in lines."""
    size = f"{result.tensors} tensors, {decimal(result.bytes)}, {result.seconds:.1f} s"
    notes = (f"note: {note}" for note in result.notes)
    return "\n".join([f"merged: {size}", *notes, result.output_digest])
