"""`star` and `unstar`."""

from __future__ import annotations

from itertools import islice
from typing import Any

import click

from mergehub.cli.commands.published.named import recipe_of
from mergehub.cli.connection import hub
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import show, table
from mergehub.client import HubClient, api


@click.command()
@click.argument("recipe", required=False)
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help=HOW_MANY)
@as_json
@click.pass_context
def star(ctx: click.Context, recipe: str | None, limit: int, raw: bool) -> None:
    """Star a recipe, or list the recipes that you starred.

    Name a recipe as in soup or lab/soup, or by its id. Without one, the command lists the recipes
    that you starred, the newest star first.
    """
    with hub(ctx) as client:
        if recipe is None:
            _list(client, limit, raw)
            return
        found = recipe_of(client, recipe)
        answer = dict(client.send(api.star_recipe(found["id"])))
    _show(found, answer, raw)


@click.command()
@click.argument("recipe")
@as_json
@click.pass_context
def unstar(ctx: click.Context, recipe: str, raw: bool) -> None:
    """Take back your star from a recipe."""
    with hub(ctx) as client:
        found = recipe_of(client, recipe)
        answer = dict(client.send(api.unstar_recipe(found["id"])))
    _show(found, answer, raw)


def _list(client: HubClient, limit: int, raw: bool) -> None:
    starred = islice(client.hub.pages(api.list_starred_recipes(limit=limit)), limit)
    found: list[dict[str, Any]] = [dict(each) for each in starred]
    if raw:
        show_json(found)
        return
    listed = table("recipe", "stars", "method", "title")
    for each in found:
        name, version = f"{each['owner']}/{each['name']}", each["version"]
        listed.add_row(name, str(each["stars"]), version["method"], each["title"])
    show(listed)


def _show(recipe: dict[str, Any], answer: dict[str, Any], raw: bool) -> None:
    if raw:
        show_json(answer)
        return
    count = answer["stars"]
    many = "1 star" if count == 1 else f"{count} stars"
    click.echo(f"{recipe['owner']}/{recipe['name']} has {many}.")
