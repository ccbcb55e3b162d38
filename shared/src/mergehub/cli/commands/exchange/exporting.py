"""`export`: a recipe for another program, or all public recipes of a hub."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from httpx import TransportError

from mergehub.cli.connection import hub
from mergehub.cli.exporting import printed, saved
from mergehub.cli.finding import recipe_version
from mergehub.cli.json_option import as_json, show_json
from mergehub.client import HubClient

FORMATS = ("yaml", "card", "cyclonedx", "jsonl")
EVERYTHING = "/v1/recipes/export"
TRIES = 3
"""How often in a row the connection may break before the export ends."""


@click.command()
@click.argument("recipe", required=False)
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMATS),
    help="yaml (the default) as published; card: a model card; cyclonedx: an ML-BOM with the "
    "merged models as pedigree; jsonl: a line that `mergehub import` reads.",
)
@click.option("--everything", is_flag=True, help="All public recipes of the hub, as JSON Lines.")
@click.option("--owner", help="With --everything: only the recipes of this account.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; without it, standard output.",
)
@as_json
@click.pass_context
def export(
    ctx: click.Context,
    /,
    recipe: str | None,
    form: str | None,
    everything: bool,
    owner: str | None,
    output: Path | None,
    raw: bool,
) -> None:
    """Export a recipe for another program, or all public recipes.

    RECIPE is as in lab/soup, or lab/soup@2 for an older version. If the connection breaks while all
    are exported, the command continues after the last line. With --json, it prints what it wrote;
    without a file, the content is part of that.
    """
    _check(recipe, form, everything, owner)
    with hub(ctx) as client:
        pieces = _everything(client, owner) if recipe is None else _one(client, recipe, form)
        if output is not None:
            size = saved(pieces, output)
        elif raw:
            content = b"".join(pieces).decode()
        else:
            printed(pieces)
    if raw and output is not None:
        show_json({"file": str(output), "bytes": size})
    elif raw:
        show_json({"format": "jsonl" if everything else form or "yaml", "content": content})


def _one(client: HubClient, recipe: str, form: str | None) -> Iterator[bytes]:
    known, version = recipe_version(client, recipe)
    path = f"/v1/recipes/{known['id']}/versions/{version['number']}/export"
    return client.pieces(path, **{"as": form or "yaml"})


def _everything(client: HubClient, owner: str | None) -> Iterator[bytes]:
    """All lines, whole ones at a time; after a broken connection, those that are left."""
    last: str | None = None
    tries = TRIES
    while True:
        try:
            for lines in _whole(client.pieces(EVERYTHING, owner=owner, after=last)):
                yield lines
                last, tries = json.loads(lines.splitlines()[-1])["at"], TRIES
            return
        except TransportError:
            tries -= 1
            if not tries:
                raise


def _whole(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces, cut at the ends of lines."""
    held = b""
    for piece in pieces:
        lines, end, held = (held + piece).rpartition(b"\n")
        if end:
            yield lines + end


def _check(recipe: str | None, form: str | None, everything: bool, owner: str | None) -> None:
    if everything == (recipe is not None):
        raise click.UsageError("Give either a RECIPE or --everything.")
    if owner and not everything:
        raise click.UsageError("--owner goes with --everything.")
    if everything and form not in (None, "jsonl"):
        raise click.UsageError("--everything writes JSON Lines: omit --as.")
