"""ablate: Evaluate a merge, whole and without each ingredient, on a worker."""

from __future__ import annotations

from collections.abc import Iterator
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
from mergehub.contracts.kinds.ablate import AblateResult, Candidate


@click.command("ablate")
@click.argument("recipe", required=False)
@click.option("--model", help="Ablate the recipe of this merged model, such as me/soup.")
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
    recipe: str | None,
    model: str | None,
    wait: bool,
    raw: bool,
    **how: Any,
) -> None:
    """Evaluate a merge, whole and without each ingredient, on a worker.

    RECIPE is a file or a published recipe, as in `submit`. The candidates are merged in memory; no
    model is written. Weights stay as the recipe has them, so a method that divides by their sum
    does so for the rest. If the method needs more models than remain, what remains is scored
    unchanged: of two ingredients, the other one.

    Prints the id of the run.
    """
    if (recipe is None) == (model is None):
        raise click.UsageError("Give either RECIPE or --model.")
    wanted = {"kind": "ablate", **how}
    text = text_of(recipe) if recipe else None
    with hub(ctx) as client:
        subject = wanted_recipe(client, recipe, text) if recipe else {"model": model}
        submitted(client, wanted | subject, wait, raw)


def outcome(result: AblateResult) -> str:
    """The scores of each candidate, in lines, and what the ingredient that it lacks adds."""
    whole, *rest = result.candidates
    seconds = f"ablated a merge by {result.method} in {result.seconds:.1f} s"
    lines = [seconds, "the whole merge", *(f"  {score(each)}" for each in whole.results)]
    return "\n".join([*lines, *(line for each in rest for line in _lines(whole, each))])


def _lines(whole: Candidate, candidate: Candidate) -> Iterator[str]:
    yield f"without {candidate.without}: {candidate.how}"
    values = {result.benchmark: result.value for result in whole.results}
    for result in candidate.results:
        adds = values[result.benchmark] - result.value
        yield f"  {score(result)}, so it adds {adds:+.4f}"
