"""`check`, `methods` and `publish`."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import click

from mergehub.cli.failures import recipe_faults, recipe_text, show_fault
from mergehub.recipe import MethodSpec, catalogue, ingredients, parse_to_merge, recipe_digest


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
def check(file: IO[str]) -> None:
    """Say everything that is wrong with a recipe.

    FILE is a recipe in mergekit's YAML, or - for standard input. Ends with 1 where it has faults.
    """
    with recipe_faults(file.name):
        recipe, warnings = parse_to_merge(recipe_text(file))
    models = ", ".join(str(ref) for ref in ingredients(recipe))
    click.echo(f"{file.name} is a good recipe: {recipe.merge_method} of {models}")
    click.echo(recipe_digest(recipe))
    for warning in warnings:
        show_fault((warning.place, warning.message, warning.suggestion), colour="yellow")


@click.command()
@click.argument("name", required=False)
def methods(name: str | None) -> None:
    """List the merge methods, or explain one."""
    known = catalogue()
    if name is None:
        width = max(map(len, known))
        for spec in known.values():
            click.echo(f"{spec.name.ljust(width)}  {spec.summary}")
    elif name in known:
        click.echo(_explained(known[name]))
    else:
        raise click.ClickException(f"There is no method {name}; there are {', '.join(known)}.")


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--name", help="What it is called on the hub (else the file's name): soup, lab/soup.")
@click.option("--private", is_flag=True, help="Only those who belong to its owner may see it.")
@click.option("--title", help="One line for people (else the name).")
@click.option("--description", default="", help="More about it, as Markdown.")
@click.option("--tag", "tags", multiple=True, help="A word to find it by; may be repeated.")
@click.option("--domain", "domains", multiple=True, help="What it is good at; may be repeated.")
@click.pass_context
def publish(
    ctx: click.Context,
    file: IO[str],
    name: str | None,
    private: bool,
    title: str | None,
    description: str,
    tags: tuple[str, ...],
    domains: tuple[str, ...],
) -> None:
    """Publish a recipe, or a version of it.

    A name that its owner has published gets a new version, unless its newest is the same recipe;
    all that the options say is about the first.
    """
    from mergehub.cli.connection import hub

    text = recipe_text(file)
    with recipe_faults(file.name):
        parse_to_merge(text)
    owner, _, name = (name or Path(file.name).stem).rpartition("/")
    with hub(ctx) as client:
        owner = owner or client.handle()
        known = client.get("/v1/recipes", name=name, owner=owner)["items"]
        if known:
            version = client.publish_version(known[0]["id"], text)
        else:
            about = {"description": description, "tags": tags, "domains": domains, "owner": owner}
            about["visibility"] = "private" if private else "public"
            version = client.publish(text, name, title=title, **about)["version"]
    click.echo(f"{name} version {version['number']}  {version['digest']}")


def _explained(spec: MethodSpec) -> str:
    paper = f"\nhttps://arxiv.org/abs/{spec.paper}" if spec.paper else ""
    lines = [f"{spec.title}\n{spec.summary}\n\n  {spec.formula}\n{paper}", _models(spec), ""]
    for parameter in spec.parameters:
        default = "required" if parameter.required else f"default {parameter.default}"
        choice = " | ".join(parameter.choices) or f"{parameter.type} {parameter.range}"
        scope = "per model" if parameter.scope == "model" else "per recipe"
        lines.append(f"{parameter.name}: {choice}, {default}, {scope}\n    {parameter.doc}")
    lines += [constraint.doc.replace("`", "") for constraint in spec.constraints]
    return "\n".join(lines)


def _models(spec: MethodSpec) -> str:
    most = spec.max_models
    count = f"{spec.min_models}" if most == spec.min_models else f"{spec.min_models} to {most}"
    return f"models: {count if most else f'{spec.min_models} or more'}; base_model: {spec.base}"
