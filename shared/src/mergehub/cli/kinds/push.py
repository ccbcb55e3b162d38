"""push: Push a model to the Hugging Face Hub or to a bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal

from mergehub.cli.arguments.folder import is_folder, refuse_options
from mergehub.cli.arguments.pushing import DESTINATION, how_to_push, wanted_push
from mergehub.cli.commands.runs import FOLLOW
from mergehub.cli.connection import hub
from mergehub.cli.finding import merge_run
from mergehub.cli.json_option import as_json
from mergehub.cli.lazy import imported
from mergehub.cli.submission import CLASS, TIMEOUT, submitted
from mergehub.contracts.kinds.push import PushResult

OF_RUNS = ("hardware", "timeout_seconds", "wait")


@click.command("push")
@click.argument("what", metavar="WHAT")
@click.argument("destination", type=DESTINATION)
@how_to_push
@CLASS
@TIMEOUT
@FOLLOW
@as_json
@click.pass_context
def command(
    ctx: click.Context,
    /,
    what: str,
    destination: str,
    replace: bool,
    public: bool,
    wait: bool,
    raw: bool,
    **how: Any,
) -> None:
    """Push a model to the Hugging Face Hub or to a bucket.

    DESTINATION is hf://owner/name, hf://owner/name@branch or s3://bucket/prefix. A repository gets
    one commit. What is there already is not sent again, so the same command continues a push that
    was interrupted. If other content is there, the push is refused without --replace.

    WHAT is the id of a merge run, or at least its first six characters; or the name of a merged
    model (me/soup), which means its newest run. A worker pushes, with its own token, to where its
    operator allows. The command prints the id of the run.

    Or WHAT is the folder of a model, such as ./out. This machine pushes it, without a hub: with
    HF_TOKEN or what `hf auth login` has stored, or with MERGEHUB_PUSH_S3_ENDPOINT,
    MERGEHUB_PUSH_S3_ACCESS_KEY and MERGEHUB_PUSH_S3_SECRET_KEY.
    """
    wanted = wanted_push(destination, replace, public) or {}
    if is_folder(what):
        refuse_options(OF_RUNS, ctx, "a run, and WHAT is a folder")
        imported("merge_worker.push_folder").push_folder(Path(what).expanduser(), wanted, raw)
        return
    with hub(ctx) as client:
        run = {"kind": "push", "run": str(merge_run(client, what)), **wanted, **how}
        submitted(client, run, wait, raw)


def outcome(result: PushResult) -> str:
    """Where the model is now, in lines."""
    sent = f"{result.sent} of {result.files} files sent"
    seen = f"{result.visibility}, " if result.visibility else ""
    size = f"{decimal(result.pushed_bytes)}, {result.seconds:.1f} s"
    return f"pushed: {seen}{sent}, {size}\n{result.url}"
