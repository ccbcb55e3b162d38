"""`board releases` and `board release`: boards as they were, for citing."""

from __future__ import annotations

from typing import Any

import click

from mergehub.cli.connection import hub
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import show, table
from mergehub.client import api

Answer = dict[str, Any]


@click.command("releases")
@click.argument("name")
@click.argument("number", type=click.IntRange(min=1), required=False)
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help=HOW_MANY)
@click.option("--bibtex", is_flag=True, help="Print the entry for BibTeX; it needs a NUMBER.")
@as_json
@click.pass_context
def releases(
    ctx: click.Context, name: str, number: int | None, limit: int, bibtex: bool, raw: bool
) -> None:
    """List the releases of a board, the newest first; with a NUMBER, say how to cite that one."""
    if bibtex and number is None:
        raise click.UsageError("--bibtex needs the NUMBER of a release.")
    with hub(ctx) as client:
        if number is not None:
            _cite(dict(client.send(api.get_release(name, number))), bibtex, raw)
            return
        found = client.send(api.list_releases(name, limit=limit))["items"]
    if raw:
        show_json([dict(each) for each in found])
        return
    if not found:
        click.echo(f"The board {name} has no release.", err=True)
        return
    rows = table("number", "day", "rows", "digest")
    for each in found:
        rows.add_row(
            str(each["number"]), each["created_at"][:10], str(each["models"]), each["digest"]
        )
    show(rows)


@click.command("release")
@click.argument("name")
@as_json
@click.pass_context
def release(ctx: click.Context, name: str, raw: bool) -> None:
    """Keep a board as it is now, with a number and a digest, for citing.

    Boards of the hub are released by its administrators, others by their owners. If nothing has
    changed since the last release, there is no new one.
    """
    with hub(ctx) as client:
        _cite(dict(client.send(api.release_board(name))), False, raw)


def _cite(answer: Answer, bibtex: bool, raw: bool) -> None:
    if raw:
        show_json(answer)
    elif bibtex:
        click.echo(answer["citation"]["bibtex"], nl=False)
    else:
        click.echo(answer["citation"]["text"])
