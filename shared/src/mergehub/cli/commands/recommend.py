"""`recommend`: what is worth merging on a base, and a recipe to begin with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import click
import yaml

from mergehub.benchmarks.definition import DomainName
from mergehub.cli.commands.uplift.parts import interval
from mergehub.cli.connection import hub
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import show, table
from mergehub.recipe.methods import MethodSpec, catalogue

Answer = dict[str, Any]

DEFAULT_METHOD = "linear"
"""What a recipe begins with where too little is known of the methods on a base."""


@click.command()
@click.argument("base")
@click.option("--domain", type=click.Choice(get_args(DomainName)), help="What the merge is for.")
@click.option("--board", default="overall", show_default=True, help="The board of the scores.")
@click.option(
    "--size", type=click.IntRange(2, 3), default=2, show_default=True, help="How many ingredients."
)
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True, help=HOW_MANY)
@as_json
@click.pass_context
def recommend(ctx: click.Context, /, raw: bool, **asked: Any) -> None:
    """Recommend what to merge on a base.

    Shows models of which each is strong where the others are weak, what similar merges gained, and
    a recipe to begin with.
    """
    with hub(ctx) as client:
        answer = client.get("/v1/recommendations", **asked)
    if raw:
        show_json(answer)
        return
    click.echo(f"Evidence: {answer['evidence']}. {answer['note']}")
    if answer["left_out"]:
        reasons = ", ".join(f"{each['count']} {each['reason']}" for each in answer["left_out"])
        click.echo(f"Not considered: {reasons}.", err=True)
    if answer["items"]:
        _show(answer)


def _show(answer: Answer) -> None:
    shown = table("complement", "potential", "licences", "models")
    for each in answer["items"]:
        error = each["complement_error"]
        complement = f"{each['complement']:+.2f}" + ("" if error is None else f" ±{error:.2f}")
        names = ", ".join(one["model"] for one in each["ingredients"])
        shown.add_row(complement, f"{each['potential']:.2f}", each["licence"]["verdict"], names)
    click.echo()
    show(shown)
    click.echo(f"\nThe first of them:\n{_listed(answer['items'][0])}")
    click.echo(f"\nA recipe to begin with:\n\n{recipe(answer)}", nl=False)


def _listed(first: Answer) -> str:
    lines = [*first["why"], *first["licence"]["reasons"], *_kin(first)]
    return "\n".join(f"- {line}" for line in lines)


def _kin(first: Answer) -> Iterator[str]:
    for each in first["kin"]:
        made = f"{each['model']} ({each['method']}, of {', '.join(each['ingredients'])})"
        yield f"{made} gained {interval(each['gain'], 2)}: {each['verdict']}."


def recipe(answer: Answer) -> str:
    """A recipe of the first recommendation, by the method that lifts most on the base.

    By DEFAULT_METHOD if that is not known, or takes another number of models.
    """
    models = [each["model"] for each in answer["items"][0]["ingredients"]]
    spec = _method(answer["method"], len(models))
    told: dict[str, Any] = {
        "merge_method": spec.name,
        "models": [{"model": each} for each in models],
    }
    if spec.parameter("weight"):
        for each in told["models"]:
            each["parameters"] = {"weight": round(1 / len(models), 3)}
    if spec.parameter("t"):
        told["parameters"] = {"t": 0.5}
    if spec.base != "none":
        told["base_model"] = models[0] if spec.base == "member" else answer["base"]
    return yaml.safe_dump(told | {"dtype": "bfloat16"}, sort_keys=False)


def _method(name: str | None, models: int) -> MethodSpec:
    known = catalogue()
    spec = known.get(name or DEFAULT_METHOD)
    if spec is None or models < spec.min_models or models > (spec.max_models or models):
        return known[DEFAULT_METHOD]
    return spec
