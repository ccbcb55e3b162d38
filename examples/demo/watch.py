"""Follow several runs at once: a bar for each on a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from mergehub.client import HubClient
from mergehub.contracts.runs import Run, RunState

PERCENT_A_LINE = 25


class RunFailed(Exception):
    """A run of the demo did not succeed."""


def watch(console: Console, client: Callable[[], HubClient], runs: Mapping[str, UUID]) -> None:
    """Show all `runs` (label to id) until the last one ends. Raises RunFailed."""
    bars = Progress(
        TextColumn("  {task.description:<28}"),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    with bars, ThreadPoolExecutor(len(runs)) as pool:
        jobs = [
            pool.submit(
                _follow, console, bars, bars.add_task(label, said="waiting"), label, client, run
            )
            for label, run in runs.items()
        ]
        for job in jobs:
            job.result()


def _follow(
    console: Console,
    bars: Progress,
    task: TaskID,
    label: str,
    client: Callable[[], HubClient],
    run_id: UUID,
) -> None:
    told = ""
    with client() as hub:
        for run in hub.follow(run_id):
            line = _line(run)
            bars.update(task, said=line, **_extent(run))
            if not console.is_terminal and line != told:
                told = line
                console.print(f"  {label:<28} {line}", highlight=False)
            if run.state in (RunState.FAILED, RunState.CANCELLED):
                raise RunFailed(f"{label}: {run.error.message if run.error else run.state}")


def _extent(run: Run) -> dict[str, int]:
    if run.state is RunState.SUCCEEDED:
        return {"total": 1, "completed": 1}
    if run.progress is None or not run.progress.total:
        return {}
    return {"total": run.progress.total, "completed": run.progress.done}


def _line(run: Run) -> str:
    if run.state is not RunState.RUNNING or run.progress is None:
        return str(run.state)
    progress = run.progress
    if not progress.total:
        return progress.stage
    steps = 100 * progress.done // progress.total // PERCENT_A_LINE
    return f"{progress.stage}, {steps * PERCENT_A_LINE} %"
