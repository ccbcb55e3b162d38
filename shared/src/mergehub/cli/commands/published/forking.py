"""`fork`: a version of another's recipe as a recipe of one's own."""

from __future__ import annotations

from typing import Any

import click

from mergehub.cli.commands.published.options import (
    LICENCE,
    PRIVATE,
    PUBLIC,
    RECIPE,
    UNLISTED,
    same_as,
)
from mergehub.cli.comparing import warnings
from mergehub.cli.connection import hub
from mergehub.cli.failures import show_warnings
from mergehub.cli.finding import recipe_version
from mergehub.cli.json_option import as_json, show_json


@click.command()
@RECIPE
@click.option("--name", help="The name of the fork, as in stew or lab/stew (else the origin's).")
@PUBLIC
@UNLISTED
@PRIVATE
@click.option("--title", help="A title of one line (else the origin's).")
@LICENCE
@as_json
@click.pass_context
def fork(ctx: click.Context, /, recipe: str, name: str | None, raw: bool, **about: Any) -> None:
    """Make a recipe of your own from a published one.

    RECIPE is as in lab/soup, or lab/soup@2 for an older version. The fork begins with that version
    and keeps where it came from. What you do not give is as in the origin.
    """
    owner, _, plain = (name or "").rpartition("/")
    given = {"owner": owner or None, "name": plain or None, **about}
    wanted = {key: value for key, value in given.items() if value is not None}
    with hub(ctx) as client:
        origin, version = recipe_version(client, recipe)
        made = client.fork(origin["id"], version=version["number"], **wanted)
    if raw:
        show_json(made)
        return
    known = {**version, "owner": origin["owner"], "name": origin["name"]}
    click.echo(f"{same_as([{**made, 'number': 1}])} forked from {same_as([known])}")
    show_warnings(warnings(made))
