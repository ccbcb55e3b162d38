"""`mergehub plan` and `mergehub merge`: the engine in a shell, with no hub."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
from rich.filesize import decimal
from rich.table import Table

from merge_worker.engine import (
    EngineError,
    MergeOptions,
    Plan,
    Progress,
    SourceError,
    Sources,
    plan_merge,
)
from merge_worker.engine import merge as carry_out
from mergehub.cli.failures import recipe_faults, recipe_text
from mergehub.cli.output import show
from mergehub.cli.progress import ProgressDisplay
from mergehub.contracts.runs import RunProgress
from mergehub.recipe import parse_recipe

BYTES_PER_SECOND = 250e6
"""What one processor reads and writes together in a second by TIES, the slowest common method."""

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
ROOT = "A folder that models may lie under, beside this one and the recipe's; may be repeated."


def _merge_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What `plan` and `merge` have in common."""
    for option in reversed(
        [
            click.argument("file", type=click.File(encoding="utf-8")),
            click.option("--root", "roots", type=FOLDER, multiple=True, help=ROOT),
            click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True),
            click.option("--threads", type=click.IntRange(min=1), help="Default: all processors."),
            click.option("--offline", is_flag=True, help="Use only what is in the cache already."),
        ]
    ):
        command = option(command)
    return command


@click.command()
@_merge_options
def plan(
    file: IO[str], roots: tuple[Path, ...], seed: int, threads: int | None, offline: bool
) -> None:
    """Say what a merge would read, write and need."""
    with _engine_errors():
        planned = _plan(file, roots, seed, offline)
        options = MergeOptions(threads=threads)
        show(_described(planned, options))


@click.command()
@_merge_options
@click.argument("out", type=click.Path(path_type=Path))
def merge(
    file: IO[str],
    out: Path,
    roots: tuple[Path, ...],
    seed: int,
    threads: int | None,
    offline: bool,
) -> None:
    """Merge models into a folder.

    FILE is a recipe, OUT a folder that does not exist yet. Interrupted, the same command goes on
    where it was.
    """
    with _engine_errors(), ProgressDisplay() as display:
        planned = _plan(file, roots, seed, offline)
        try:
            result = carry_out(
                planned, out, MergeOptions(threads=threads), lambda now: display.show(_shown(now))
            )
        except KeyboardInterrupt:
            raise click.ClickException(
                f"Stopped. The same command goes on from {out}.partial."
            ) from None
    click.echo(f"{result.folder}  {result.tensors} tensors, {decimal(result.bytes_out)}")
    click.echo(result.output_digest)


def _plan(file: IO[str], roots: tuple[Path, ...], seed: int, offline: bool) -> Plan:
    with recipe_faults(file.name):
        recipe = parse_recipe(recipe_text(file))
    beside = Path(file.name).parent if file.name != "<stdin>" else Path()
    allowed = dict.fromkeys(path.resolve() for path in (Path(), beside, *roots))
    return plan_merge(recipe, Sources(roots=tuple(allowed), offline=offline), seed=seed)


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except SourceError as error:
        raise click.ClickException(f"{error}. Allow another folder with --root.") from error
    except EngineError as error:
        raise click.ClickException(str(error)) from error


def _described(planned: Plan, options: MergeOptions) -> Table:
    """The plan for people, a line for each question."""
    copied = len(planned.copied)
    methods = Counter(tensor.method for tensor in planned.tensors if tensor.method)
    rows = {
        "models": "\n".join(model.reference for model in planned.models),
        "methods": ", ".join(f"{name} for {n} tensors" for name, n in methods.items()) or "none",
        "copied": f"{copied} of {len(planned.tensors)} tensors, untouched",
        "read": decimal(planned.bytes_in),
        "write": f"{decimal(planned.bytes_out)}, files: {len(planned.shards)}",
        "memory": f"{decimal(planned.peak_memory(options.workers))} of buffers at most, "
        f"with {options.workers} threads",
        "time": f"up to about {_seconds(planned, options):,.0f} s",
        "note": "\n".join(planned.notes),
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    return table


def _seconds(planned: Plan, options: MergeOptions) -> float:
    moved = planned.bytes_in + planned.bytes_out
    return max(1.0, moved / BYTES_PER_SECOND / min(options.workers, os.cpu_count() or 1))


def _shown(now: Progress) -> RunProgress:
    return RunProgress(
        stage=now.stage,
        done=now.tensors_done,
        total=now.tensors_total,
        unit="tensors",
        bytes_done=now.bytes_done,
        bytes_total=now.bytes_total,
    )
