"""`publish`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import click

from mergehub.cli.connection import hub
from mergehub.cli.failures import recipe_faults, recipe_text
from mergehub.cli.json_option import as_json, show_json
from mergehub.contracts.names import RECIPE_NAME
from mergehub.recipe import parse_to_merge

FLAGS = {"visibility": "--private", "tags": "--tag", "domains": "--domain"}


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--name", help="What it is called on the hub (else the file's name): soup, lab/soup.")
@click.option("--private", is_flag=True, help="Only those who belong to its owner may see it.")
@click.option("--title", help="One line for people (else the name).")
@click.option("--description", help="More about it, as Markdown.")
@click.option("--tag", "tags", multiple=True, help="A word to find it by; may be repeated.")
@click.option("--domain", "domains", multiple=True, help="What it is good at; may be repeated.")
@as_json
@click.pass_context
def publish(
    ctx: click.Context, /, file: IO[str], name: str | None, private: bool, raw: bool, **about: Any
) -> None:
    """Publish a recipe, or a version of it.

    FILE is a recipe, or - for standard input. A name that its owner has published gets a new
    version, unless its newest is the same recipe. All options but --name are about the first
    version, and refused with a later one.
    """
    owner, name = _name(file.name, name)
    text = recipe_text(file)
    with recipe_faults(file.name):
        parse_to_merge(text)
    given = {key: value for key, value in about.items() if value not in (None, ())}
    if private:
        given["visibility"] = "private"
    with hub(ctx) as client:
        owner = owner or client.handle()
        known = client.get("/v1/recipes", name=name, owner=owner)["items"]
        if known:
            _check_that_nothing_is_lost(known[0], f"{owner}/{name}", given)
            version = client.publish_version(known[0]["id"], text)
        else:
            version = client.publish(text, name, owner=owner, **given)["version"]
    if raw:
        show_json({"name": name, "owner": owner, "version": version})
    else:
        click.echo(f"{name} version {version['number']}  {version['digest']}")


def _name(file: str, given: str | None) -> tuple[str, str]:
    """The owner, who may be left out, and the name. Raises UsageError if it cannot be one."""
    if given is None and file == "<stdin>":
        raise click.UsageError("Standard input has no name: give --name.")
    owner, _, name = (Path(file).stem if given is None else given).rpartition("/")
    if not re.fullmatch(RECIPE_NAME, name):
        raise click.UsageError(
            f"{name!r} cannot be the name of a recipe, which has small letters, digits and single "
            "dashes between them: give --name, as in --name my-soup."
        )
    return owner, name


def _check_that_nothing_is_lost(
    recipe: Mapping[str, Any], name: str, given: Mapping[str, Any]
) -> None:
    """Raises where options say what a recipe that exists would not be."""
    lost = [key for key in given if (key, given[key]) != ("visibility", recipe["visibility"])]
    if not lost:
        return
    state = "exists and is public" if "visibility" in lost else "exists"
    flags = ", ".join(FLAGS.get(key, f"--{key}") for key in lost)
    raise click.ClickException(
        f"{name} {state}, and {flags} can only be said of a first version: nothing was published. "
        f"Leave that out, choose another --name, or change the recipe with PATCH "
        f"/v1/recipes/{recipe['id']} (visibility, title, description, tags, domains)."
    )
