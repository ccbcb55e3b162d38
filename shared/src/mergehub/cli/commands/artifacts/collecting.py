"""`artifacts collect`."""

from __future__ import annotations

from typing import Any

import click

from mergehub.cli.commands.artifacts.listing import size_of
from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json, show_json_line
from mergehub.cli.output import show, table
from mergehub.client import HubClient, api


@click.command()
@click.option("--dry-run", is_flag=True, help="List what would go, and why; change nothing.")
@click.option("--account", help="With --dry-run: only the models of an account.")
@as_json
@click.pass_context
def collect(ctx: click.Context, dry_run: bool, account: str | None, raw: bool) -> None:
    """Mark the models that go by the rules of retention.

    The hub does so by itself every minute, and removes their files an hour later. Models that are
    pinned, or that a run or a lock needs, stay.
    """
    if account and not dry_run:
        raise click.UsageError("--account needs --dry-run: a collection is of the whole hub.")
    with hub(ctx) as client:
        if dry_run:
            _list(client, account, raw)
            return
        marked = dict(client.send(api.collect_artifacts()))
    if raw:
        show_json(marked)
    else:
        click.echo(f"{marked['marked']} models marked; their files go in an hour.")


def _list(client: HubClient, account: str | None, raw: bool) -> None:
    wanted = api.list_collection(account=account, limit=200)
    found: list[dict[str, Any]] = [dict(each) for each in client.hub.pages(wanted)]
    if raw:
        for each in found:
            show_json_line(each)
        return
    listed = table("run", "size", "model", "why")
    for each in found:
        listed.add_row(each["run"], size_of(each), each["model_name"], each["why"])
    show(listed)
