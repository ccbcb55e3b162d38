"""`diff`: how two recipes differ by meaning; files need no hub."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from mergehub.cli.commands.published.named import Version, version_of
from mergehub.cli.connection import hub
from mergehub.cli.finding import is_file
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.output import drawn, paged, table
from mergehub.cli.recipe_argument import text_of
from mergehub.recipe import canonical, digest_of, parse_recipe
from mergehub.recipe.difference import Difference, between
from mergehub.recipe.difference.words import path, values

SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
MOVED = ("↕", "cyan")


@click.command()
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@as_json
@click.pass_context
def diff(ctx: click.Context, old: str, new: str, raw: bool) -> None:
    """Show how two recipes differ, by what they merge and how.

    A and B are each a file, - for standard input, a published recipe as in soup, soup@2 or
    lab/soup, or the id of a recipe or version. Two files need no hub. Formatting, the order of keys
    and defaults written out make no difference, nor does the order of models where it has no
    effect.
    """
    if old == new == "-":
        raise click.UsageError("Only one of both can be standard input.")
    sides = [_file(each) if is_file(each) else None for each in (old, new)]
    if None in sides:
        with hub(ctx) as client:
            sides = [
                side or version_of(client, each)
                for each, side in zip((old, new), sides, strict=True)
            ]
    a, b = (side for side in sides if side is not None)
    found = between(a.canonical, b.canonical)
    if raw:
        show_json(_plain(a, b, found))
    elif found:
        _show(a, b, found)
    else:
        same = a.digest == b.digest
        note = "" if same else " Only the order of models differs, which has no effect."
        click.echo(f"{a.name} and {b.name} merge the same models in the same way.{note}")


def _file(name: str) -> Version:
    text = text_of(name, parse_recipe)
    assert text is not None  # the name is a file's
    written = canonical(parse_recipe(text))
    return Version(name, digest_of(written), json.loads(written))


def _show(a: Version, b: Version, found: list[Difference]) -> None:
    shown = table("", "difference", a.name, b.name)
    for each in found:
        sign, colour = SIGNS.get(each.change, MOVED)
        shown.add_row(sign, path(each), *values(each), style=colour)
    paged(drawn(shown))


def _plain(a: Version, b: Version, found: list[Difference]) -> dict[str, Any]:
    """The same names as in the answer of the hub."""
    old, new = ({"name": each.name, "digest": each.digest} for each in (a, b))
    differences = [asdict(each) | {"path": path(each)} for each in found]
    return {"old": old, "new": new, "total": len(found), "differences": differences}
