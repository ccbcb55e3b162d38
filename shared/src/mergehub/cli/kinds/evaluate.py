"""evaluate: Evaluate a model on a worker."""

from __future__ import annotations

from typing import Any

import click

from mergehub.cli.commands.runs import FOLLOW
from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json
from mergehub.cli.submission import CLASS, TIMEOUT, Contract, submitted
from mergehub.contracts.kinds.evaluate import EvaluateResult
from mergehub.contracts.names import BenchmarkName

BENCHMARK = "The name of a benchmark that the worker has; may be repeated."


@click.command("evaluate")
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
def command(
    ctx: click.Context,
    /,
    model: str,
    benchmarks: tuple[str, ...],
    wait: bool,
    raw: bool,
    **how: Any,
) -> None:
    """Evaluate a model on a worker.

    MODEL is a reference as in recipes: a path, a Hugging Face id, the name of a merged model
    (me/soup), or run:<id> of a merge. +adapter may follow.
    Prints the id of the run.
    """
    wanted = {"kind": "evaluate", "model": model, "benchmarks": benchmarks, **how}
    with hub(ctx) as client:
        submitted(client, wanted, wait, raw)


def outcome(result: EvaluateResult) -> str:
    """The scores of an evaluation, in lines."""
    scores = (f"  {r.benchmark}: {r.metric} {r.value:.4f} ± {r.stderr:.4f}" for r in result.results)
    return "\n".join([f"evaluated {result.model} in {result.seconds:.1f} s", *scores])
