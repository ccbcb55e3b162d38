"""What commands that submit runs share: their options, the submission itself, how scores look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from mergehub.cli.arguments.contract import Contract
from mergehub.cli.commands.runs import show_notes, watch
from mergehub.cli.json_option import show_json
from mergehub.client import HubClient
from mergehub.contracts.hardware import HARDWARE
from mergehub.contracts.kinds.evaluate import LARGEST_SEED, BenchmarkResult
from mergehub.contracts.kinds.kind import LONGEST_TIMEOUT_SECONDS
from mergehub.contracts.names import BenchmarkName
from mergehub.contracts.runs import Run

CLASS = click.option(
    "--hardware",
    type=click.Choice(HARDWARE),
    default="cpu",
    show_default=True,
    help="The class of workers that may take the run.",
)
TIMEOUT = click.option(
    "--timeout",
    "timeout_seconds",
    type=click.IntRange(1, LONGEST_TIMEOUT_SECONDS),
    help="How many seconds an attempt may take; without it, the default of the kind.",
)

BENCHMARKS = click.option(
    "--benchmark",
    "benchmarks",
    type=Contract(BenchmarkName),
    multiple=True,
    required=True,
    help="The name of a benchmark that the worker has; may be repeated.",
)
LIMIT = click.option(
    "--limit",
    type=click.IntRange(1, 2**31 - 1),
    help="Score only the first items of each benchmark. Such a result never ranks.",
)
CHAT_TEMPLATE = click.option(
    "--chat-template", is_flag=True, help="Put the questions into the model's chat template."
)
FRESH = click.option(
    "--fresh", is_flag=True, help="Measure again what the worker has measured before."
)
SEED = click.option(
    "--seed",
    type=click.IntRange(0, LARGEST_SEED),
    default=0,
    show_default=True,
    help="The seed of merge methods that draw at random.",
)


def submitted(client: HubClient, wanted: Mapping[str, Any], wait: bool, raw: bool) -> Run:
    """Submit a run and print its id; with `wait`, watch it until it ends. Returns its state."""
    run = client.submit(wanted)
    if not raw:
        click.echo(run.id)
    elif not wait:
        show_json(run.model_dump(mode="json"))
    show_notes(run)
    return watch(client, run.id, raw, run.notes) if wait else run


def score(result: BenchmarkResult) -> str:
    """A score in one line, with what is not usual about it."""
    notes = [f"first {result.count} items"] if result.limited else []
    notes += [f"measured by run {result.cached}"] if result.cached else []
    said = f" ({', '.join(notes)})" if notes else ""
    return f"{result.benchmark}: {result.metric} {result.value:.4f} ± {result.stderr:.4f}{said}"
