"""`download`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal

from mergehub.cli.commands.artifacts.listing import MODEL
from mergehub.cli.connection import hub
from mergehub.cli.finding import merge_run
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.progress import ProgressDisplay
from mergehub.client import api
from mergehub.client import download as fetched
from mergehub.client.downloading import STREAMS, OnBytes
from mergehub.contracts.runs import RunProgress


@click.command()
@MODEL
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--streams",
    type=click.IntRange(1, 8),
    default=STREAMS,
    show_default=True,
    help="How many files to download at the same time.",
)
@as_json
@click.pass_context
def download(ctx: click.Context, model: str, folder: Path | None, streams: int, raw: bool) -> None:
    """Download the model of a run into a folder.

    The folder is named after the model if none is given. It appears when every file is there and
    has the digest that the hub lists. A download that was interrupted continues where it ended if
    the same command is given again.
    """
    with hub(ctx) as client:
        run_id = merge_run(client, model)
        found: dict[str, Any] = dict(client.send(api.get_artifact(run_id)))
        target = folder or Path(found["model_name"].rpartition("/")[2])
        try:
            with _progress(raw) as on_bytes:
                fetched(client.hub, run_id, target, streams=streams, on_bytes=on_bytes)
        except FileExistsError:
            raise click.ClickException(
                f"{target} exists already: name another folder, as in `mergehub download {model} "
                f"{target}-2`."
            ) from None
        except OSError as error:
            raise click.ClickException(
                f"Cannot write {error.filename}: {error.strerror}."
            ) from None
    if raw:
        show_json({"folder": target, **found})
        return
    count = len(found["files"])
    files = "1 file" if count == 1 else f"{count} files"
    click.echo(f"{target}: {files}, {decimal(found['size'])}, each with the digest of the hub")


@contextmanager
def _progress(raw: bool) -> Iterator[OnBytes]:
    """What shows how many bytes are there; nothing for a program."""
    if raw:
        yield lambda done, total: None
        return
    with ProgressDisplay() as display:
        yield lambda done, total: display.show(
            RunProgress(
                stage="download",
                done=done,
                total=total,
                unit="bytes",
                bytes_done=done,
                bytes_total=total,
            )
        )
