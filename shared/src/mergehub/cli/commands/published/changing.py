"""`recipes change`, `rename`, `archive`, `unarchive` and `delete`."""

from __future__ import annotations

from typing import Any

import click

from mergehub.cli.commands.published.options import LICENCE, PRIVATE, PUBLIC, RECIPE, UNLISTED
from mergehub.cli.connection import hub
from mergehub.cli.finding import published
from mergehub.cli.json_option import as_json, show_json


@click.command()
@RECIPE
@PUBLIC
@UNLISTED
@PRIVATE
@click.option("--title", help="A title of one line.")
@click.option("--description", help="A description in Markdown.")
@click.option("--tag", "tags", multiple=True, help="All its tags; may be repeated.")
@click.option("--domain", "domains", multiple=True, help="All its domains; may be repeated.")
@LICENCE
@click.option("--no-licence", "unlicensed", is_flag=True, help="Take its licence away.")
@as_json
@click.pass_context
def change(ctx: click.Context, /, recipe: str, unlicensed: bool, raw: bool, **about: Any) -> None:
    """Change what is said of a recipe, and who may see it. Its versions never change.

    Tags and domains that you give replace the ones that it has.
    """
    given = {key: value for key, value in about.items() if value not in (None, ())}
    if unlicensed:
        given["licence"] = None
    if not given:
        raise click.UsageError("Say what to change: see `mergehub recipes change --help`.")
    _change(ctx, recipe, raw, "changed", **given)


@click.command()
@RECIPE
@click.argument("name")
@as_json
@click.pass_context
def rename(ctx: click.Context, recipe: str, name: str, raw: bool) -> None:
    """Give a recipe another NAME. The one that it has leads to it for ever."""
    _change(ctx, recipe, raw, "renamed", name=name)


@click.command()
@RECIPE
@as_json
@click.pass_context
def archive(ctx: click.Context, recipe: str, raw: bool) -> None:
    """Take a recipe out of all lists. It can still be read, run and forked."""
    _change(ctx, recipe, raw, "archived", archived=True)


@click.command()
@RECIPE
@as_json
@click.pass_context
def unarchive(ctx: click.Context, recipe: str, raw: bool) -> None:
    """Put an archived recipe back into the lists."""
    _change(ctx, recipe, raw, "unarchived", archived=False)


@click.command()
@RECIPE
@as_json
@click.pass_context
def delete(ctx: click.Context, recipe: str, raw: bool) -> None:
    """Delete a recipe with all its versions.

    If a run, a model or a fork came from it, the hub refuses: archive the recipe instead.
    """
    with hub(ctx) as client:
        found = published(client, recipe)
        client.delete_recipe(found["id"])
    if raw:
        show_json({"id": found["id"], "deleted": True})
    else:
        click.echo(f"{found['owner']}/{found['name']} deleted")


def _change(ctx: click.Context, recipe: str, raw: bool, did: str, **changes: Any) -> None:
    """Change a recipe, and print its name."""
    with hub(ctx) as client:
        changed = client.change_recipe(published(client, recipe)["id"], **changes)
    if raw:
        show_json(changed)
    else:
        click.echo(f"{changed['owner']}/{changed['name']} {did}")
