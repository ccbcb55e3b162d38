"""`publish`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import click

from mergehub.cli.commands.published.options import LICENCE, PRIVATE, UNLISTED, same_as
from mergehub.cli.comparing import warnings
from mergehub.cli.connection import hub
from mergehub.cli.failures import recipe_faults, recipe_text, show_warnings
from mergehub.cli.json_option import as_json, show_json
from mergehub.contracts.names import RECIPE_NAME
from mergehub.recipe import parse_to_merge

FLAGS = {"tags": "--tag", "domains": "--domain"}


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--name", help="Its name on the hub, as in soup or lab/soup (else the file's name).")
@PRIVATE
@UNLISTED
@click.option("--title", help="A title of one line (else the name).")
@click.option("--description", help="A description in Markdown.")
@click.option("--tag", "tags", multiple=True, help="A word to find it by; may be repeated.")
@click.option(
    "--domain",
    "domains",
    multiple=True,
    help="A domain that the model is good at; may be repeated.",
)
@LICENCE
@as_json
@click.pass_context
def publish(
    ctx: click.Context,
    /,
    file: IO[str],
    name: str | None,
    visibility: str | None,
    raw: bool,
    **about: Any,
) -> None:
    """Publish a recipe, or a new version of one.

    FILE is a recipe, or - for standard input. If the owner has published a recipe of this name, it
    gets a new version, unless its newest version is the same. Options other than --name are only
    for the first version; with a later one, the command refuses them.
    """
    owner, name = _name(file.name, name)
    text = recipe_text(file)
    with recipe_faults(file.name):
        parse_to_merge(text)
    given = {key: value for key, value in about.items() if value not in (None, ())}
    if visibility:
        given["visibility"] = visibility
    with hub(ctx) as client:
        owner = owner or client.handle()
        known = client.named(owner, name)
        if known:
            name = known["name"]
            _check_that_nothing_is_lost(known, f"{owner}/{name}", given)
            answer = client.publish_version(known["id"], text)
        else:
            answer = client.publish(text, name, owner=owner, **given)
    version, found = answer.get("version", answer), warnings(answer)
    if raw:
        told = [each._asdict() for each in found]
        about = {"name": name, "owner": owner, "version": version, "twins": answer["twins"]}
        show_json({**about, "warnings": told})
    else:
        click.echo(f"{name} version {version['number']}  {version['digest']}")
        if known and known["version"]["number"] == version["number"]:
            click.echo("Nothing was published: this is the newest version already.", err=True)
        show_warnings(found)
        if answer["twins"]:
            click.echo(f"The same recipe is published as {same_as(answer['twins'])}.", err=True)


def _name(file: str, given: str | None) -> tuple[str, str]:
    """The owner (empty if it is left out) and the name. Raises UsageError if it is not a name."""
    if given is None and file == "<stdin>":
        raise click.UsageError("Standard input has no name: give --name.")
    owner, _, name = (Path(file).stem if given is None else given).rpartition("/")
    if not re.fullmatch(RECIPE_NAME, name):
        raise click.UsageError(
            f"{name!r} cannot be the name of a recipe. A name has lower-case letters, digits and "
            "single hyphens between them: give one, as in --name my-soup."
        )
    return owner, name


def _check_that_nothing_is_lost(
    recipe: Mapping[str, Any], name: str, given: Mapping[str, Any]
) -> None:
    """Raises if options would change a recipe that exists."""
    lost = [key for key in given if (key, given[key]) != ("visibility", recipe["visibility"])]
    if not lost:
        return
    state = f"exists and is {recipe['visibility']}" if "visibility" in lost else "exists"
    named = FLAGS | {"visibility": f"--{given.get('visibility')}"}
    flags = ", ".join(named.get(key, f"--{key}") for key in lost)
    raise click.ClickException(
        f"{name} {state}, and {flags} can only be given with a first version. Nothing was "
        f"published. Leave that out, choose another --name, or change the recipe with `mergehub "
        f"recipes change {name}`."
    )
