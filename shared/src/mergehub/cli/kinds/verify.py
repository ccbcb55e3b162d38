"""verify: Check a model's folder by its signature, or merge again what a run has merged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal

from mergehub.cli.arguments.folder import is_folder, refuse_options
from mergehub.cli.commands.runs import FOLLOW
from mergehub.cli.connection import hub
from mergehub.cli.finding import merge_run
from mergehub.cli.json_option import as_json
from mergehub.cli.lazy import imported
from mergehub.cli.submission import CLASS, TIMEOUT, submitted
from mergehub.contracts.kinds.verify import TensorDifference, VerifyResult
from mergehub.contracts.provenance.companions import FileDifference

SHOWN = 10
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
KEY = "Of a folder: a file with public keys to trust, not that of this machine; may be repeated."
MODEL_KEY = "Of a folder with model.sig: the file with its public key, not that of this machine."
OF_RUNS = ("hardware", "timeout_seconds", "wait")


@click.command("verify")
@click.argument("what", metavar="WHAT")
@click.option("--key", "keys", type=FILE, multiple=True, help=KEY)
@click.option("--model-key", type=FILE, help=MODEL_KEY)
@CLASS
@TIMEOUT
@FOLLOW
@as_json
@click.pass_context
def command(
    ctx: click.Context,
    /,
    what: str,
    keys: tuple[Path, ...],
    model_key: Path | None,
    wait: bool,
    raw: bool,
    **how: Any,
) -> None:
    """Check a model's folder by its signature, or merge again what a run has merged.

    WHAT is the folder of a model, such as ./out: the signature of its statement of provenance, the
    digest of each file, the lock and the tensors are checked without a hub. The exit status is 1 if
    something is not as it was signed; each such file is named. model.sig is checked too, if it
    lies there and the package model-signing is installed.

    Or WHAT is the id of a merge run, or at least its first six characters; or the name of a merged
    model (me/soup), which means its newest run. A worker merges again and compares each tensor. It
    reads only what the lock of that run names, and writes no model. The recipe's page lists the
    outcome. The command prints the id of the run. With --follow, the exit status is 1 if a tensor
    differs.
    """
    if is_folder(what):
        refuse_options(OF_RUNS, ctx, "a run, and WHAT is a folder")
        imported("merge_worker.verify_folder").verify_folder(
            Path(what).expanduser(), keys, model_key, raw
        )
        return
    refuse_options(("keys", "model_key"), ctx, "a folder; WHAT is not one")
    with hub(ctx) as client:
        wanted = {"kind": "verify", "run": str(merge_run(client, what, or_folder=True)), **how}
        run = submitted(client, wanted, wait, raw)
    if wait and run.result and not run.result["same"]:
        raise click.exceptions.Exit(1)


def outcome(result: VerifyResult) -> str:
    """What is the same and what is not, in lines."""
    return "\n".join(_lines(result))


def _lines(result: VerifyResult) -> Iterator[str]:
    size = f"{decimal(result.compared_bytes)}, {result.seconds:.1f} s"
    if result.same:
        yield f"the same again: {result.tensors} tensors, {size}"
    else:
        yield f"not the same: {result.differing} of {result.tensors} tensors differ, {size}"
    yield from map(_difference, result.differences[:SHOWN])
    if result.differing > SHOWN:
        yield f"  … and {result.differing - SHOWN} more"
    yield from map(_file, result.differing_files or [])
    for each in result.unlike:
        yield f"{each.what}: {each.made} when it was made, {each.again} now"
    yield result.output_digest


def _file(each: FileDifference) -> str:
    if each.made is None or each.again is None:
        return f"  {each.name}: only {'the merge of now' if each.again else 'the run'} has it"
    return f"  {each.name}: other content"


def _difference(each: TensorDifference) -> str:
    if each.made is None or each.again is None:
        return f"  {each.name}: only {'the merge of now' if each.again else 'the run'} has it"
    before, now = (f"{side.dtype} {side.shape}" for side in (each.made, each.again))
    if before != now:
        return f"  {each.name}: {before} when it was made, {now} now"
    if each.elements is None:
        return f"  {each.name}: other values"
    most = "" if each.largest is None else f", by at most {each.largest:.3g}"
    return f"  {each.name}: {each.elements} elements differ{most}"
