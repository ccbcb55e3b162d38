"""`artifacts pin`, `unpin` and `delete`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import click

from mergehub.cli.commands.artifacts.listing import MODEL
from mergehub.cli.connection import hub
from mergehub.cli.finding import merge_run
from mergehub.cli.json_option import as_json, show_json
from mergehub.client import Call, api


@click.command()
@MODEL
@as_json
@click.pass_context
def pin(ctx: click.Context, model: str, raw: bool) -> None:
    """Keep a model, whatever the rules say."""
    _change(ctx, model, api.pin_artifact, "is pinned", raw)


@click.command()
@MODEL
@as_json
@click.pass_context
def unpin(ctx: click.Context, model: str, raw: bool) -> None:
    """Let the rules decide about a model again."""
    _change(ctx, model, api.unpin_artifact, "is not pinned", raw)


@click.command()
@MODEL
@as_json
@click.pass_context
def delete(ctx: click.Context, model: str, raw: bool) -> None:
    """Delete a model that nothing needs.

    The hub removes its files an hour later. A run that is submitted until then may still use the
    model, and so keeps it.
    """
    _change(ctx, model, api.delete_artifact, "will be deleted in an hour", raw)


def _change(
    ctx: click.Context, model: str, call: Callable[[UUID], Call[Any]], said: str, raw: bool
) -> None:
    with hub(ctx) as client:
        changed = dict(client.send(call(merge_run(client, model))))
    if raw:
        show_json(changed)
    else:
        click.echo(f"{changed['model_name']} of run {changed['run']} {said}.")
