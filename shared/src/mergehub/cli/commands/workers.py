"""`workers`: a hub's workers and the length of its queues."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.output import show, table
from mergehub.contracts.workers import Worker


@click.command()
@as_json
@click.pass_context
def workers(ctx: click.Context, raw: bool) -> None:
    """List the hub's workers and the length of its queues."""
    with hub(ctx) as client:
        found, queues = client.workers(), client.queues()
    if raw:
        show_json({"workers": [w.model_dump(mode="json") for w in found], "queues": queues})
        return
    listed = table("worker", "class", "state", "for")
    for worker in found:
        listed.add_row(worker.name, _class(worker), *_doing(worker))
    if found:
        show(listed)
    else:
        click.echo("No worker has registered.")
    for queue in queues:
        if queue["due"] or queue["delayed"]:
            click.echo(f"{queue['hardware']}: {queue['due']} due, {queue['delayed']} later")


def _class(worker: Worker) -> str:
    """The class, with the model of its GPU."""
    gpu = worker.capacity.gpu
    return f"{worker.hardware} ({gpu.name})" if gpu else worker.hardware


def _doing(worker: Worker) -> tuple[str, str]:
    if not worker.alive:
        return "silent", _ago(worker.seen_at)
    if worker.run is None:
        return "idle", _ago(worker.idle_since)
    return f"{worker.run.kind} {worker.run.id}", _ago(worker.run.since)


def _ago(moment: datetime) -> str:
    """The time since a moment, in its largest unit."""
    seconds = max(0, int((datetime.now(UTC) - moment).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
