"""`artifacts list` and `artifacts show`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import click
from rich.filesize import decimal

from mergehub.cli.connection import hub
from mergehub.cli.finding import merge_run
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import details, show, table, time_of
from mergehub.client import api

MODEL = click.argument("model", metavar="RUN_OR_MODEL")


@click.command("list")
@click.option("--owner", help="Only those of an account.")
@click.option("--model", help="Only those of a name, such as me/soup.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help=HOW_MANY)
@as_json
@click.pass_context
def list_(ctx: click.Context, owner: str | None, model: str | None, limit: int, raw: bool) -> None:
    """List the newest models of runs."""
    with hub(ctx) as client:
        wanted = api.list_artifacts(owner=owner, model=model, limit=limit)
        found: list[dict[str, Any]] = [
            dict(each) for each in islice(client.hub.pages(wanted), limit)
        ]
    if raw:
        show_json(found)
        return
    listed = table("run", "size", "made", "", "model")
    for each in found:
        made = time_of(each["created_at"])
        listed.add_row(each["run"], size_of(each), made, _state(each), each["model_name"])
    show(listed)


@click.command("show")
@MODEL
@as_json
@click.pass_context
def show_(ctx: click.Context, model: str, raw: bool) -> None:
    """Show a model and its files."""
    with hub(ctx) as client:
        found: dict[str, Any] = dict(client.send(api.get_artifact(merge_run(client, model))))
    if raw:
        show_json(found)
        return
    about = {
        "model": found["model_name"],
        "run": found["run"],
        "owner": found["owner"],
        "made": time_of(found["created_at"]),
        "size": size_of(found),
        "digest": found["output_digest"],
        "state": " ".join(filter(None, (_state(found), found["why"]))),
    }
    show(details(about))
    files = table("size", "sha256", "file")
    for each in found["files"]:
        files.add_row(decimal(each["size"]), each["sha256"], each["name"])
    show(files)


def size_of(artifact: Mapping[str, Any]) -> str:
    """The size of a model, if the hub knows it."""
    return "" if artifact["size"] is None else decimal(artifact["size"])


def _state(artifact: Mapping[str, Any]) -> str:
    """What is special about a model; empty for one that is stored and not pinned."""
    if artifact["state"] != "stored":
        return str(artifact["state"])
    return "pinned" if artifact["pinned"] else ""
