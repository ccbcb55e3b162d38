"""count: Count the tensors of a model on a worker."""

from __future__ import annotations

import click
from mergehub.contracts.kinds.count import CountResult

from mergehub.cli.commands.runs import FOLLOW
from mergehub.cli.connection import hub
from mergehub.cli.submission import submitted


@click.command("count")
@click.argument("model")
@FOLLOW
@click.pass_context
def command(ctx: click.Context, model: str, wait: bool) -> None:
    """Count the tensors of a model on a worker."""
    with hub(ctx) as client:
        submitted(client, {"kind": "count", "model": model}, wait, raw=False)


def outcome(result: CountResult) -> str:
    """The counts, in one line."""
    return f"{result.tensors} tensors, {result.elements} elements"
