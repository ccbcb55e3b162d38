"""`follow`, `cancel`, `retry` and `runs`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from uuid import UUID

import click

from mergehub.cli.connection import hub
from mergehub.cli.finding import RUN, run_id
from mergehub.cli.json_option import HOW_MANY, as_json, show_json, show_json_line
from mergehub.cli.output import show, table
from mergehub.cli.progress import ProgressDisplay, stage_of
from mergehub.client import HubClient, HubError, HubUnreachable
from mergehub.contracts.kinds import KINDS
from mergehub.contracts.kinds.kind import Result
from mergehub.contracts.runs import FINAL, Run, RunState, RunSummary, SubmittedRun

FOLLOW = click.option("--follow", "wait", is_flag=True, help="Watch the run until it ends.")


@click.command()
@RUN
@as_json
@click.pass_context
def follow(ctx: click.Context, run: str, raw: bool) -> None:
    """Watch a run until it ends.

    RUN is an id, or at least its first six characters. Ctrl-C stops watching, not the run. The exit
    status is 1 if the run fails. With --json, each change is a line.
    """
    with hub(ctx) as client:
        watch(client, run_id(client, run), raw)


@click.command()
@RUN
@as_json
@click.pass_context
def cancel(ctx: click.Context, run: str, raw: bool) -> None:
    """Cancel a run.

    RUN is an id, or at least its first six characters.
    """
    with hub(ctx) as client:
        told = client.cancel(run_id(client, run))
    if raw:
        show_json(told.model_dump(mode="json"))
    else:
        click.echo("cancelled" if told.state in FINAL else "the worker stops at its next heartbeat")


@click.command()
@RUN
@FOLLOW
@as_json
@click.pass_context
def retry(ctx: click.Context, run: str, wait: bool, raw: bool) -> None:
    """Try a failed or cancelled run again.

    RUN is an id, or at least its first six characters. The run continues from the state that its
    last attempt left, if a worker still has it.
    """
    with hub(ctx) as client:
        told = client.retry(run_id(client, run))
        if not raw:
            click.echo(f"{told.id}  {told.state}")
        elif not wait:
            show_json(told.model_dump(mode="json"))
        show_notes(told)
        if wait:
            watch(client, told.id, raw, told.notes)


@click.command()
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help=HOW_MANY)
@as_json
@click.pass_context
def runs(ctx: click.Context, limit: int, raw: bool) -> None:
    """List the newest runs."""
    with hub(ctx) as client:
        found = client.runs(limit)
    if raw:
        show_json([run.model_dump(mode="json") for run in found])
        return
    listed = table("run", "kind", "model", "state", "progress")
    for run in found:
        listed.add_row(str(run.id), run.kind, run.model_name, run.state, how_far(run))
    show(listed)


def show_notes(run: SubmittedRun) -> None:
    """Print a run's notes, which say what its submitter may not expect, on standard error."""
    for note in run.notes:
        click.echo(note, err=True)


def watch(client: HubClient, run_id: UUID, raw: bool = False, said: Sequence[str] = ()) -> Run:
    """Show a run's progress until it ends; anything but success ends the command with 1.

    `said` are notes that were shown already.
    """
    try:
        with ProgressDisplay() as display:
            outage = partial(_tell_outage, display, client.url)
            for run in client.follow(run_id, outage):
                if raw:
                    show_json_line(run.model_dump(mode="json"))
                else:
                    _draw(run, display)
                    for reason in waits_for(client, run):
                        if reason not in said:
                            display.note(reason)
    except KeyboardInterrupt:
        raise click.ClickException(
            f"You stopped watching; the run continues. `mergehub follow {run_id}` watches it "
            f"again, `mergehub cancel {run_id}` cancels it."
        ) from None
    if not raw:
        _tell_end(run)
    elif run.state != RunState.SUCCEEDED:
        raise click.exceptions.Exit(1)
    return run


def waits_for(client: HubClient, run: Run) -> list[str]:
    """What a run waits for; nothing if it is not queued, or if the hub does not say."""
    if run.state != RunState.QUEUED:
        return []
    try:
        return client.waiting(run.id)
    except (HubError, HubUnreachable):
        return []


def _tell_outage(display: ProgressDisplay, url: str, away: bool) -> None:
    trying = "The command keeps trying. Ctrl-C stops watching, not the run."
    display.note(f"{url} does not answer. {trying}" if away else f"{url} answers again.")


def _draw(run: Run, display: ProgressDisplay) -> None:
    if run.state == RunState.RUNNING and run.progress is not None:
        display.show(run.progress)
    elif run.state == RunState.QUEUED:
        display.note("waiting for a worker")


def _tell_end(run: Run) -> None:
    """Print the outcome; anything but success ends the command with 1."""
    if run.state == RunState.FAILED and run.error is not None:
        last_lines = "".join(f"\n    {line}" for line in run.error.last_lines)
        warned = "".join(f"\n{line}" for line in _warnings(run))
        raise click.ClickException(f"The run failed: {run.error.message}{last_lines}{warned}")
    if run.state != RunState.SUCCEEDED:
        raise click.ClickException(f"The run was {run.state}.")
    click.echo(outcome(run))


def outcome(run: Run) -> str:
    """The result of a run that succeeded, in lines; the last say what was not done as asked."""
    said: str = import_module(f"mergehub.cli.kinds.{run.kind}").outcome(_result(run))
    return "\n".join([said, *_warnings(run)])


def _warnings(run: Run) -> list[str]:
    """A line for each warning of any attempt; those of older runs are in their result alone."""
    of_result = _result(run).warnings if run.result else []
    return [f"warning: {each}" for each in dict.fromkeys([*run.warnings, *of_result])]


def _result(run: Run) -> Result:
    return KINDS[run.kind].result.model_validate(run.result)


def how_far(run: Run | RunSummary) -> str:
    """The run's error in one line, or its progress; empty if it has neither."""
    if run.error is not None and run.state == RunState.FAILED:
        return " ".join(run.error.message.split())
    if run.progress is None or run.state != RunState.RUNNING:
        return ""
    return stage_of(run.progress)
