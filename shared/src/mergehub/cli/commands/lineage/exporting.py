"""`lineage export`: the graph, or what is around a model, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mergehub.cli.commands.lineage.filters import filters, of_models, query
from mergehub.cli.connection import hub
from mergehub.cli.exporting import printed, saved
from mergehub.cli.json_option import as_json, show_json

FORMATS = ("graphml", "csv", "jsonl", "mermaid", "dot", "openlineage")
PATH = "/v1/graph/export"


@click.command("export")
@click.argument("model", required=False)
@click.option(
    "--format",
    type=click.Choice(FORMATS),
    required=True,
    help="What to write; `lineage import` reads csv, jsonl and graphml.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; without it, standard output.",
)
@click.option(
    "--direction",
    type=click.Choice(["ancestors", "descendants", "both"]),
    help="Which relatives of MODEL.",
)
@click.option("--depth", type=click.IntRange(1, 1000), help="How many steps from MODEL at most.")
@click.option("--limit", type=click.IntRange(min=1), help="How many models at most.")
@filters
@of_models
@as_json
@click.pass_context
def export(
    ctx: click.Context, /, model: str | None, output: Path | None, raw: bool, **asked: Any
) -> None:
    """Export the graph, or what is around a model.

    With --json, the command prints what it wrote; without a file, the content is part of that.
    """
    asked = query(asked)
    with hub(ctx) as client:
        if model is not None:
            asked["focus"] = client.model(model)["id"]
        if output is not None:
            size = saved(client.pieces(PATH, **asked), output)
        elif raw:
            content = b"".join(client.pieces(PATH, **asked)).decode()
        else:
            printed(client.pieces(PATH, **asked))
    if raw and output is not None:
        show_json({"file": str(output), "bytes": size})
    elif raw:
        show_json({"format": asked["format"], "content": content})
