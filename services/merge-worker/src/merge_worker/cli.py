"""`mergehub plan` and `mergehub merge`: the engine in a shell, without a hub."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

# The engine multiplies no matrices, so NumPy needs no threads for that.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import click
from rich.filesize import decimal

from merge_worker.engine import (
    DeviceError,
    EngineError,
    MergeOptions,
    MergeResult,
    NotFiniteError,
    OutsideError,
    Part,
    Plan,
    Progress,
    Sources,
    cache_folder,
    plan_merge,
)
from merge_worker.engine import merge_part as carry_out
from merge_worker.engine.fill.finiteness import found_sentence, sentences
from merge_worker.plan_report import described, report
from merge_worker.products_here import products_here
from merge_worker.provenance.model_signature import sign_model
from merge_worker.push_folder import pushed_folder, shown, where
from merge_worker.signing_here import elliptic_key, own_attest
from mergehub.cli.arguments.pushing import wanted_push, with_push
from mergehub.cli.failures import Line, recipe_faults, recipe_text, show_warnings
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.method_option import with_method_file
from mergehub.cli.output import show
from mergehub.cli.progress import ProgressDisplay
from mergehub.contracts.runs import RunProgress
from mergehub.recipe import parse_to_merge

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
ROOT = "Also allow models under this folder, not only this one and the recipe's; may be repeated."
SEED = "The seed for methods that use random numbers."
PART = "Fill only this part of the output, as in 2/8; the last part to end completes it."
SYNC = "Wait until the output is on the disk, or only until it is complete."
SIGNATURE = "Also sign the model by OpenSSF's model signing (model.sig)."
PROVENANCE = "Sign a statement of how the model was made, and put it beside the model's files."
DEVICE = "The device that computes the output: cpu, cuda or cuda:1. The bytes are the same."


class PartType(click.ParamType[Part]):
    """A part of a merge, such as 2/8."""

    name = "PART/OF"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Part:
        """Return the part that the text names."""
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", str(value))
        if match is None:
            self.fail(f"{value!r} does not have the form 2/8", parameter, context)
        try:
            return Part(*map(int, match.groups()))
        except ValueError as error:
            self.fail(str(error), parameter, context)


def _merge_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that `plan` and `merge` share."""
    for option in reversed(
        [
            click.argument("file", type=click.File(encoding="utf-8")),
            click.option("--root", "roots", type=FOLDER, multiple=True, help=ROOT),
            click.option(
                "--seed", type=click.IntRange(min=0), default=0, show_default=True, help=SEED
            ),
            click.option(
                "--threads",
                type=click.IntRange(min=1),
                help="How many threads work; by default, one per processor.",
            ),
            click.option(
                "--offline", is_flag=True, help="Download nothing; use only what is in the cache."
            ),
        ]
    ):
        command = option(command)
    return command


@click.command()
@_merge_options
@as_json
@with_method_file
def plan(
    file: IO[str], roots: tuple[Path, ...], seed: int, threads: int | None, offline: bool, raw: bool
) -> None:
    """Show what a merge would read, write and need.

    FILE is a recipe, or - for standard input. Only the headers of the models are read.
    """
    with _engine_errors():
        planned = _plan(file, roots, seed, offline)
        options = MergeOptions(threads=threads)
        if raw:
            show_json(report(planned, options))
        else:
            show(described(planned, options))


@click.command()
@_merge_options
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--part", type=PartType(), default="1/1", help=PART)
@click.option("--only-finite", is_flag=True, help="Refuse infinities and NaN in models and output.")
@click.option("--sync/--no-sync", default=True, help=SYNC)
@click.option("--device", default="cpu", show_default=True, help=DEVICE)
@click.option("--provenance/--no-provenance", default=True, help=PROVENANCE)
@click.option("--model-signature", is_flag=True, help=SIGNATURE)
@with_push
@as_json
@with_method_file
def merge(
    file: IO[str],
    out: Path,
    roots: tuple[Path, ...],
    seed: int,
    threads: int | None,
    offline: bool,
    part: Part,
    only_finite: bool,
    sync: bool,
    device: str,
    provenance: bool,
    model_signature: bool,
    push: str | None,
    replace: bool,
    public: bool,
    raw: bool,
) -> None:
    """Merge models into a folder.

    FILE is a recipe; OUT is a folder that does not exist yet. If the merge is interrupted, the
    same command continues it. `mergehub push` says what --push needs.
    """
    wanted = wanted_push(push, replace, public)
    options = MergeOptions(
        threads=threads,
        cache_dir=cache_folder(),
        durable=sync,
        only_finite=only_finite,
        device=device,
        attest=own_attest() if provenance else None,
    )
    key = elliptic_key() if model_signature else None
    with _engine_errors(), ProgressDisplay() as display:
        planned = _plan(file, roots, seed, offline)
        notes = [*planned.notes, *_unused_device(planned, options)]
        for note in notes:
            click.echo(f"Note: {note}", err=True)
        warnings: list[str] = []
        try:
            result = carry_out(
                planned,
                out,
                part,
                options,
                lambda now: display.show(_shown(now)),
                warnings.append,
            )
        except KeyboardInterrupt:
            raise click.ClickException(
                f"Stopped. The same command continues from {out}.partial."
            ) from None
        except NotFiniteError as error:
            raise click.ClickException(
                f"{str(error).removesuffix('.')}. The finished tensors are in {out}.partial: "
                "remove it, or continue without --only-finite."
            ) from error
    if result and key:
        with _engine_errors():
            sign_model(result.folder, key)
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)
    pushed = pushed_folder(result.folder, wanted) if result and wanted else None
    if raw:
        data = {"part": str(part), "notes": notes, "warnings": warnings, **_merged(result)}
        show_json(data | ({"pushed": shown(wanted, pushed)} if wanted and pushed else {}))
    elif result is None:
        click.echo(f"Part {part} is done. The last part to end completes {out}.")
    else:
        _tell_merged(planned, result)
        if pushed:
            click.echo(where(pushed))


def _unused_device(planned: Plan, options: MergeOptions) -> Iterator[str]:
    if options.suited(planned) != options:
        method = planned.recipe.merge_method
        yield f"{method} is a NumPy function: the processor computes it, not {options.device}"


def _merged(result: MergeResult | None) -> dict[str, Any]:
    """The result of a merge as data; `folder` is null if other parts will complete it."""
    if result is None:
        return {"folder": None}
    return {
        "folder": str(result.folder),
        "tensors": result.tensors,
        "bytes": result.bytes_out,
        "digest": result.output_digest,
        "nonfinite": result.nonfinite,
        "nonfinite_output": result.made,
    }


def _tell_merged(planned: Plan, result: MergeResult) -> None:
    for tensor, counts in result.nonfinite.items():
        click.echo(found_sentence(planned, tensor, counts), err=True)
    for said in sentences(planned, result.made):
        click.echo(said, err=True)
    click.echo(f"{result.folder}  {result.tensors} tensors, {decimal(result.bytes_out)}")
    click.echo(result.output_digest)


def _plan(file: IO[str], roots: tuple[Path, ...], seed: int, offline: bool) -> Plan:
    with recipe_faults(file.name):
        recipe, warnings = parse_to_merge(recipe_text(file))
    show_warnings(map(Line.of, warnings))
    beside = Path(file.name).parent if file.name != "<stdin>" else Path()
    allowed = dict.fromkeys(path.resolve() for path in (Path(), beside, *roots))
    here = products_here(recipe, allowed)
    for name, folder in here.items():
        click.echo(f"{name} is the model of run {folder.name}.", err=True)
    sources = Sources(
        roots=tuple(allowed),
        produced={folder.name: folder for folder in here.values()},
        products={name: folder.name for name, folder in here.items()},
        offline=offline,
    )
    return plan_merge(recipe, sources, seed=seed)


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except OutsideError as error:
        raise click.ClickException(f"{error}. Allow another folder with --root.") from error
    except DeviceError as error:
        raise click.ClickException(f"{error}; or use --device cpu") from error
    except EngineError as error:
        raise click.ClickException(str(error)) from error
    except MemoryError:
        raise click.ClickException("Not enough memory: give this process more memory.") from None


def _shown(now: Progress) -> RunProgress:
    return RunProgress(
        stage=now.stage,
        done=now.tensors_done,
        total=now.tensors_total,
        unit="tensors",
        bytes_done=now.bytes_done,
        bytes_total=now.bytes_total,
    )
