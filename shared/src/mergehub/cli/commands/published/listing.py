"""`recipes list`: the newest recipes of a hub."""

from __future__ import annotations

from itertools import islice

import click

from mergehub.cli.connection import hub
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import show, table, time_of
from mergehub.client import api


@click.command("list")
@click.option("--owner", help="List only those of this account.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help=HOW_MANY)
@click.option("--archived", is_flag=True, help="List the archived recipes instead.")
@as_json
@click.pass_context
def list_(ctx: click.Context, owner: str | None, limit: int, archived: bool, raw: bool) -> None:
    """List the newest recipes."""
    of, only = [owner] if owner else None, ["yes"] if archived else None
    call = api.list_recipes(owner=of, limit=limit, archived=only)
    with hub(ctx) as client:
        found = list(islice(client.hub.pages(call), limit))
    if raw:
        show_json(found)
        return
    listed = table("recipe", "version", "method", "published", "title")
    for each in found:
        version, name = each["version"], f"{each['owner']}/{each['name']}"
        when = time_of(version["created_at"])
        listed.add_row(name, str(version["number"]), version["method"], when, each["title"])
    show(listed)
