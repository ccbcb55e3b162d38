"""`check` and `methods`."""

from __future__ import annotations

from typing import IO

import click

from mergehub.cli import comparing
from mergehub.cli.commands.published.options import licence_of
from mergehub.cli.comparing import compared, with_base
from mergehub.cli.failures import Faults, Line, recipe_faults, recipe_text, show_warnings
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.method_option import with_method_file
from mergehub.client.near import near
from mergehub.recipe import MethodSpec, catalogue, ingredients, parse_to_merge, recipe_digest


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--offline", is_flag=True, help="Ask no hub about the models.")
@click.option(
    "--licence",
    callback=licence_of,
    help="The licence that it is to have; the hub compares it with those of the models.",
)
@as_json
@with_method_file
@click.pass_context
def check(
    ctx: click.Context, /, file: IO[str], offline: bool, licence: str | None, raw: bool
) -> None:
    """Report everything that is wrong with a recipe.

    FILE is a recipe in mergekit's YAML, or - for standard input. The exit status is 1 if it has
    faults. If this shell knows a hub, it also warns of what the hub's lineage knows of the models:
    that they share no base, or another than the base_model, their flags and their licences. If
    the recipe lacks a base that its method needs, the hub names the one that the models share.
    """
    text = recipe_text(file)
    asks = not offline and ctx.params.get("method_file") is None  # which no hub knows
    try:
        with recipe_faults(file.name):
            recipe, found = parse_to_merge(text)
    except Faults as error:
        if asks:
            error.faults = tuple(with_base(ctx, text, error.faults))
        raise
    lines = list(map(Line.of, found))
    answer = compared(ctx, text, licence) if asks else None
    if answer is not None:
        lines = list(dict.fromkeys([*lines, *comparing.warnings(answer)]))
    models = [str(ref) for ref in ingredients(recipe)]
    if raw:
        about = {"method": recipe.merge_method, "models": models, "digest": recipe_digest(recipe)}
        state = None if answer is None else answer["lineage"]
        warnings = [line._asdict() for line in lines]
        show_json(about | {"warnings": warnings, "lineage": state})
        return
    click.echo(f"{file.name} is a valid recipe: {recipe.merge_method} of {', '.join(models)}")
    click.echo(recipe_digest(recipe))
    show_warnings(lines)
    if answer is not None and (note := comparing.note(answer)):
        click.echo(note, err=True)


@click.command()
@click.argument(
    "name",
    required=False,
    shell_complete=lambda ctx, parameter, begun: [
        name for name in catalogue() if name.startswith(begun)
    ],
)
@as_json
def methods(name: str | None, raw: bool) -> None:
    """List the merge methods, or explain one."""
    known = catalogue()
    if name is not None and name not in known:
        hint = near(name, known) or f"The methods are {', '.join(known)}."
        raise click.ClickException(f"There is no method {name}. {hint}")
    if raw:
        plain = {spec.name: spec.model_dump(mode="json") for spec in known.values()}
        show_json(list(plain.values()) if name is None else plain[name])
    elif name is None:
        width = max(map(len, known))
        for spec in known.values():
            click.echo(f"{spec.name.ljust(width)}  {spec.summary}")
    else:
        click.echo(_explained(known[name]))


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
