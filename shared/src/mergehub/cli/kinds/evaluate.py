"""evaluate: Evaluate a model, or the merge of a recipe, on a worker."""

from __future__ import annotations

from typing import Any

import click

from mergehub.cli.commands.runs import FOLLOW
from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json
from mergehub.cli.recipe_argument import text_of, wanted_recipe
from mergehub.cli.submission import (
    BENCHMARKS,
    CHAT_TEMPLATE,
    CLASS,
    FRESH,
    LIMIT,
    SEED,
    TIMEOUT,
    score,
    submitted,
)
from mergehub.contracts.kinds.evaluate import EvaluateResult

RECIPES = (".yml", ".yaml")
"""The suffixes by which an argument is a recipe, not a model."""


@click.command("evaluate")
@click.argument("model", required=False)
@click.option("--recipe", help="Evaluate the merge of this recipe, as in `submit`, unwritten.")
@BENCHMARKS
@LIMIT
@CHAT_TEMPLATE
@FRESH
@SEED
@CLASS
@TIMEOUT
@FOLLOW
@as_json
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: str | None,
    recipe: str | None,
    wait: bool,
    raw: bool,
    **how: Any,
) -> None:
    """Evaluate a model, or the merge of a recipe, on a worker.

    MODEL is a reference as in recipes: a path, a Hugging Face id, the name of a merged model
    (me/soup), or run:<id> of a merge. +adapter may follow.

    A file that ends in .yml is a recipe, and --recipe names a published one: the worker merges it
    in memory and writes no model. Its scores are in the run, and on no board.

    A score that the worker has measured before with the same settings is the answer at once;
    --fresh measures again. Prints the id of the run.
    """
    if model is not None and model.endswith(RECIPES):
        model, recipe = None, recipe or model
    if (model is None) == (recipe is None):
        raise click.UsageError("Give either MODEL or --recipe.")
    wanted = {"kind": "evaluate", **how}
    text = text_of(recipe) if recipe else None
    with hub(ctx) as client:
        subject = wanted_recipe(client, recipe, text) if recipe else {"model": model}
        submitted(client, wanted | subject, wait, raw)


def outcome(result: EvaluateResult) -> str:
    """The scores of an evaluation, in lines."""
    how = " in memory" if result.in_memory else ""
    scores = (f"  {score(each)}" for each in result.results)
    return "\n".join([f"evaluated {result.model}{how} in {result.seconds:.1f} s", *scores])
