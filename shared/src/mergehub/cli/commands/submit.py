"""`submit` and `evaluate`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from mergehub.cli.commands.runs import FOLLOW, show_notes, watch
from mergehub.cli.connection import hub
from mergehub.cli.failures import recipe_faults, recipe_text
from mergehub.cli.finding import MISSING, is_file, recipe_version
from mergehub.cli.json_option import as_json, show_json
from mergehub.client import HubClient, HubError
from mergehub.contracts.hardware import HARDWARE
from mergehub.contracts.runs import LARGEST_SEED, LONGEST_TIMEOUT_SECONDS, BenchmarkName, ModelName
from mergehub.recipe import parse_to_merge


class Contract(click.ParamType[str]):
    """A text that must be as the hub's API takes it, refused here in the same words."""

    name = "text"

    def __init__(self, kind: Any) -> None:
        self._adapter = TypeAdapter[str](kind)

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> str:
        """The text itself."""
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            self.fail(f"{value!r} {error.errors()[0]['msg']}.", parameter, context)


BENCHMARK = "The name of a benchmark that the worker has; may be repeated."
CLASS = click.option(
    "--hardware",
    type=click.Choice(HARDWARE),
    default="cpu",
    show_default=True,
    help="The class of workers to ask for.",
)
TIMEOUT = click.option(
    "--timeout",
    "timeout_seconds",
    type=click.IntRange(1, LONGEST_TIMEOUT_SECONDS),
    help="Seconds that one attempt may take; without it, what is usual.",
)


@click.command()
@click.argument("recipe")
@click.option(
    "--name",
    "model_name",
    type=Contract(ModelName),
    required=True,
    help="What the merged model will be called.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, LARGEST_SEED),
    default=0,
    show_default=True,
    help="For methods that draw at random.",
)
@CLASS
@TIMEOUT
@FOLLOW
@as_json
@click.pass_context
def submit(
    ctx: click.Context,
    /,
    recipe: str,
    model_name: str,
    seed: int,
    wait: bool,
    raw: bool,
    **how: Any,
) -> None:
    """Have a recipe merged by a worker.

    RECIPE is the name of a published recipe with or without its owner and a version (soup, soup@2,
    lab/soup), a file with a suffix (soup.yml) or a path (./soup), or - for standard input. Prints
    the id of the run.
    """
    text = _text(recipe)
    wanted = {"kind": "merge", "model_name": model_name, "seed": seed, **how}
    with hub(ctx) as client:
        if text is None:
            wanted["recipe_version"] = _version(client, recipe)
        else:
            wanted["recipe"] = text
        _submit(client, wanted, wait, raw)


@click.command()
@click.argument("model")
@click.option(
    "--benchmark",
    "benchmarks",
    type=Contract(BenchmarkName),
    multiple=True,
    required=True,
    help=BENCHMARK,
)
@CLASS
@TIMEOUT
@FOLLOW
@as_json
@click.pass_context
def evaluate(
    ctx: click.Context,
    /,
    model: str,
    benchmarks: tuple[str, ...],
    wait: bool,
    raw: bool,
    **how: Any,
) -> None:
    """Have a model evaluated by a worker.

    MODEL is a reference as in recipes: a path, a Hugging Face id, the name of a merged model
    (me/soup), or run:<id> of a merge; +adapter may follow.
    Prints the id of the run.
    """
    wanted = {"kind": "evaluate", "model": model, "benchmarks": benchmarks, **how}
    with hub(ctx) as client:
        _submit(client, wanted, wait, raw)


def _text(recipe: str) -> str | None:
    """The text of a file or of standard input, once it has no fault; None for what is a name."""
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
    """The id of a published version; where a file has that name, it says how to write a file."""
    try:
        return str(recipe_version(client, name)[1]["id"])
    except HubError as error:
        if error.status in MISSING and Path(name).is_file():
            raise click.ClickException(
                f"{error.detail} For the file of that name, write ./{name}"
            ) from error
        raise


def _submit(client: HubClient, wanted: Mapping[str, Any], wait: bool, raw: bool) -> None:
    run = client.submit(wanted)
    if not raw:
        click.echo(run.id)
    elif not wait:
        show_json(run.model_dump(mode="json"))
    show_notes(run)
    if wait:
        watch(client, run.id, raw)
