"""What commands that evaluate share: their options, and how scores look."""

from __future__ import annotations

import click

from mergehub.cli.submission import Contract
from mergehub.contracts.kinds.evaluate import LARGEST_SEED, BenchmarkResult
from mergehub.contracts.names import BenchmarkName

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


def score(result: BenchmarkResult) -> str:
    """A score in one line, with what is not usual about it."""
    notes = [f"first {result.count} items"] if result.limited else []
    notes += [f"measured by run {result.cached}"] if result.cached else []
    said = f" ({', '.join(notes)})" if notes else ""
    return f"{result.benchmark}: {result.metric} {result.value:.4f} ± {result.stderr:.4f}{said}"
