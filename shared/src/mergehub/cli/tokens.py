"""`tokens create`, `tokens list` and `tokens revoke`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import click
from rich.table import Column, Table

from mergehub.cli.connection import as_json, hub
from mergehub.cli.output import show, show_json
from mergehub.client import HubClient

SECONDS = {"min": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}


def _seconds(ctx: click.Context, param: click.Parameter, span: str | None) -> int | None:
    """A time span such as 90min, 12h, 30d, 6w or 1y, in seconds."""
    if span is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,5})(min|h|d|w|y)", span)
    if found is None:
        raise click.BadParameter(f"{span!r} is no time span such as 90min, 12h, 30d, 6w or 1y.")
    return int(found[1]) * SECONDS[found[2]]


@click.group()
def tokens() -> None:
    """Make, list and revoke tokens."""


@tokens.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="May be repeated.")
@click.option(
    "--expires", callback=_seconds, help="A time span such as 12h or 30d; without it, never."
)
@as_json
@click.pass_context
def create(
    ctx: click.Context, name: str, scopes: tuple[str, ...], expires: int | None, raw: bool
) -> None:
    """Make a token and print it, this once.

    It can allow what the token you use allows, or less. An unknown scope is answered with the
    known ones.
    """
    with hub(ctx) as client:
        until = {} if expires is None else {"expires_in": expires}
        made = client.create_token(name, scopes, **until)
    if raw:
        show_json(made)
        return
    click.echo(made["token"])
    click.echo(f"Keep it now: it is not shown again. {_until(made)}", err=True)


@tokens.command("list")
@click.option("--revoked", is_flag=True, help="Those that were revoked instead.")
@as_json
@click.pass_context
def list_(ctx: click.Context, revoked: bool, raw: bool) -> None:
    """List tokens, the newest first; never their secrets."""
    with hub(ctx) as client:
        found = client.tokens(revoked=revoked)
    if raw:
        show_json(found)
        return
    table = Table(
        Column("name", no_wrap=True), "token", "scopes", "made by", "expires", "last used",
        box=None, pad_edge=False,
    )  # fmt: skip
    for each in found:
        scopes = " ".join(each["scopes"])
        times = (_day(each["expires_at"]), _day(each["last_used_at"]))
        table.add_row(each["name"], each["hint"], scopes, each["created_by"], *times)
    show(table)


@tokens.command()
@click.argument("name")
@click.pass_context
def revoke(ctx: click.Context, name: str) -> None:
    """Revoke a token, by its name or id, for ever.

    It is refused everywhere within 30 seconds.
    """
    with hub(ctx) as client:
        client.revoke_token(_id_of(client, name))
    click.echo("revoked")


def _id_of(client: HubClient, name: str) -> str:
    for each in client.tokens():
        if name in (each["name"], each["id"]):
            return str(each["id"])
    raise click.ClickException(f"There is no token called {name!r}: see `mergehub tokens list`.")


def _until(token: dict[str, Any]) -> str:
    end = token["expires_at"]
    return f"It expires at {_day(end)}." if end else "It never expires."


def _day(moment: str | None) -> str:
    """A time in this machine's zone, to the minute."""
    if moment is None:
        return "never"
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
