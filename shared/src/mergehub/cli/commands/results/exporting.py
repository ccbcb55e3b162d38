"""`results export`: results as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mergehub.cli.connection import hub
from mergehub.cli.exporting import printed, saved
from mergehub.cli.json_option import as_json, show_json
from mergehub.result_files.writing import WRITABLE

from .filters import filters, query

PATH = "/v1/results/export"


@click.command("export")
@click.option(
    "--format",
    type=click.Choice(WRITABLE),
    default="csv",
    show_default=True,
    help="What to write; `results import` reads all of them.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; without it, standard output.",
)
@filters
@as_json
@click.pass_context
def export(
    ctx: click.Context, /, format: str, output: Path | None, raw: bool, **asked: Any
) -> None:
    """Export results for other programs.

    With --json, the command prints what it wrote; without a file, the content is part of that.
    """
    wanted = {"format": format, **query(asked)}
    with hub(ctx) as client:
        pieces = client.pieces(PATH, **wanted)
        if output is not None:
            size = saved(pieces, output)
        elif raw:
            content = b"".join(pieces).decode()
        else:
            printed(pieces)
    if raw and output is not None:
        show_json({"file": str(output), "bytes": size})
    elif raw:
        show_json({"format": format, "content": content})
