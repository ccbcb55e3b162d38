"""`submit`, `evaluate`, `follow`, `cancel`, `retry` and `runs`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from pydantic import TypeAdapter
from rich.filesize import decimal
from rich.table import Column, Table

from mergehub.cli.connection import as_json, hub
from mergehub.cli.failures import recipe_text
from mergehub.cli.output import show, show_json
from mergehub.cli.progress import ProgressDisplay
from mergehub.client import HubClient
from mergehub.contracts.hardware import HARDWARE
from mergehub.contracts.runs import (
    FINAL,
    LONGEST_TIMEOUT_SECONDS,
    EvaluateResult,
    MergeResult,
    Run,
    RunResult,
    RunState,
    RunSummary,
)

RESULT: TypeAdapter[RunResult] = TypeAdapter(RunResult)

FOLLOW = click.option("--follow", "wait", is_flag=True, help="Watch the run until it ends.")
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
@click.option("--name", "model_name", required=True, help="What the merged model will be called.")
@click.option("--seed", default=0, show_default=True, help="For methods that draw at random.")
@CLASS
@TIMEOUT
@FOLLOW
@click.pass_context
def submit(
    ctx: click.Context, /, recipe: str, model_name: str, seed: int, wait: bool, **how: Any
) -> None:
    """Have a recipe merged by a worker.

    RECIPE is a file, or the name of a published recipe with or without its owner and a version:
    soup, soup@2, lab/soup.
    """
    wanted = {"kind": "merge", "model_name": model_name, "seed": seed, **how}
    with hub(ctx) as client:
        _submit(client, wanted | _what(client, recipe), wait)


@click.command()
@click.argument("model")
@click.option("--benchmark", "benchmarks", multiple=True, required=True, help="May be repeated.")
@CLASS
@TIMEOUT
@FOLLOW
@click.pass_context
def evaluate(
    ctx: click.Context, /, model: str, benchmarks: tuple[str, ...], wait: bool, **how: Any
) -> None:
    """Have a model evaluated by a worker.

    MODEL is a reference as in recipes: a path, a hub id, run:<id> of a merge; with +adapter.
    """
    wanted = {"kind": "evaluate", "model": model, "benchmarks": benchmarks, **how}
    with hub(ctx) as client:
        _submit(client, wanted, wait)


@click.command()
@click.argument("run", type=click.UUID)
@click.pass_context
def follow(ctx: click.Context, run: UUID) -> None:
    """Watch a run until it ends.

    Ctrl-C stops watching, not the run. Ends with 1 where the run has failed.
    """
    with hub(ctx) as client:
        _watch(client, run)


@click.command()
@click.argument("run", type=click.UUID)
@click.pass_context
def cancel(ctx: click.Context, run: UUID) -> None:
    """Cancel a run."""
    with hub(ctx) as client:
        state = client.cancel(run).state
    click.echo("cancelled" if state in FINAL else "its worker stops at the next heartbeat")


@click.command()
@click.argument("run", type=click.UUID)
@FOLLOW
@click.pass_context
def retry(ctx: click.Context, run: UUID, wait: bool) -> None:
    """Try a failed or cancelled run again.

    It goes on from what its last attempt left, where a worker still has it.
    """
    with hub(ctx) as client:
        client.retry(run)
        if wait:
            _watch(client, run)


@click.command()
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@as_json
@click.pass_context
def runs(ctx: click.Context, limit: int, raw: bool) -> None:
    """List the newest runs."""
    with hub(ctx) as client:
        found = client.runs(limit)
    if raw:
        show_json([run.model_dump(mode="json") for run in found])
        return
    table = Table(
        Column("run", no_wrap=True), "kind", "model", "state", "progress", box=None, pad_edge=False
    )
    for run in found:
        table.add_row(str(run.id), run.kind, run.model_name, run.state, _how_far(run))
    show(table)


def _what(client: HubClient, recipe: str) -> dict[str, str]:
    """The recipe's text where it is a file, else the version of a published one."""
    path = Path(recipe)
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            return {"recipe": recipe_text(file)}
    if path.is_dir() or path.suffix in (".yml", ".yaml"):
        raise click.ClickException(
            f"{recipe} is a folder, not a recipe."
            if path.is_dir()
            else f"There is no file {recipe}."
        )
    name, at, number = recipe.partition("@")
    published = client.recipe(name)
    if not at:
        return {"recipe_version": published["version"]["id"]}
    if not number.isdecimal():
        raise click.UsageError(f"{recipe!r}: behind the @ comes a version's number.")
    return {"recipe_version": client.recipe_version(published["id"], int(number))["id"]}


def _submit(client: HubClient, wanted: Mapping[str, object], wait: bool) -> None:
    run = client.submit(wanted)
    click.echo(run.id)
    if wait:
        _watch(client, run.id)


def _watch(client: HubClient, run_id: UUID) -> None:
    with ProgressDisplay() as display:
        for run in client.follow(run_id):
            if run.state == RunState.RUNNING and run.progress is not None:
                display.show(run.progress)
            elif run.state == RunState.QUEUED:
                display.note("waiting for a worker")
    _tell_end(run)


def _tell_end(run: Run) -> None:
    """The outcome; anything but success ends the command with 1."""
    if run.state == RunState.FAILED and run.error is not None:
        last_lines = "".join(f"\n    {line}" for line in run.error.last_lines)
        raise click.ClickException(f"The run failed: {run.error.message}{last_lines}")
    if run.state != RunState.SUCCEEDED:
        raise click.ClickException(f"The run was {run.state}.")
    click.echo(_outcome(RESULT.validate_python(run.result)))


def _outcome(result: MergeResult | EvaluateResult) -> str:
    if isinstance(result, MergeResult):
        size = f"{result.tensors} tensors, {decimal(result.bytes)}, {result.seconds:.1f} s"
        notes = (f"note: {note}" for note in result.notes)
        return "\n".join([f"merged: {size}", *notes, result.output_digest])
    scores = (f"  {r.benchmark}: {r.metric} {r.value:.4f} ± {r.stderr:.4f}" for r in result.results)
    return "\n".join([f"evaluated {result.model} in {result.seconds:.1f} s", *scores])


def _how_far(run: RunSummary) -> str:
    if run.error is not None and run.state == RunState.FAILED:
        return run.error.message.splitlines()[0][:60]
    if run.progress is None or run.state != RunState.RUNNING:
        return ""
    return f"{run.progress.stage} {run.progress.done}/{run.progress.total} {run.progress.unit}"
