"""`tokens create`, `tokens list` and `tokens revoke`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import click

from mergehub.cli.connection import hub
from mergehub.cli.finding import beginning, is_short, too_short
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.output import show, table
from mergehub.client.near import near

SECONDS = {"min": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}


def _seconds(ctx: click.Context, param: click.Parameter, span: str | None) -> int | None:
    """A time span such as 90min, 12h, 30d, 6w or 1y, in seconds."""
    if span is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,5})(min|h|d|w|y)", span)
    if found is None:
        raise click.BadParameter(f"{span!r} is not a time span such as 90min, 12h, 30d, 6w or 1y.")
    return int(found[1]) * SECONDS[found[2]]


@click.group()
def tokens() -> None:
    """Make, list and revoke tokens."""


@tokens.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="A scope of the token; may be repeated."
)
@click.option(
    "--expires",
    callback=_seconds,
    help="A time span such as 12h or 30d; without it, the token never expires.",
)
@as_json
@click.pass_context
def create(
    ctx: click.Context, name: str, scopes: tuple[str, ...], expires: int | None, raw: bool
) -> None:
    """Make a token and print it; it is not shown again.

    The new token can allow what your own token allows, or less. For an unknown scope, the command
    lists the known ones.
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
@click.option("--revoked", is_flag=True, help="List the revoked tokens instead.")
@as_json
@click.pass_context
def list_(ctx: click.Context, revoked: bool, raw: bool) -> None:
    """List tokens, the newest first, without their secrets."""
    with hub(ctx) as client:
        found = client.tokens(revoked=revoked)
    if raw:
        show_json(found)
        return
    listed = table("name", "token", "id", "made by", "expires", "last used", "scopes")
    for each in found:
        scopes = " ".join(each["scopes"])
        times = (_day(each["expires_at"]), _day(each["last_used_at"]))
        made = (each["name"], each["hint"], str(each["id"]), each["created_by"])
        listed.add_row(*made, *times, scopes)
    show(listed)


@tokens.command()
@click.argument("name")
@as_json
@click.pass_context
def revoke(ctx: click.Context, name: str, raw: bool) -> None:
    """Revoke a token permanently, by its name or id.

    The first six characters of an id are enough. All services refuse the token within 30 seconds.
    """
    with hub(ctx) as client:
        token = _id_of(client.tokens(), name)
        client.revoke_token(token)
    if raw:
        show_json({"id": token, "revoked": True})
    else:
        click.echo("revoked")


def _id_of(known: list[dict[str, Any]], name: str) -> str:
    named = [str(each["id"]) for each in known if each["name"] == name]
    if len(named) > 1:
        ids = ", ".join(named)
        raise click.ClickException(f"Several tokens are called {name!r}; give an id: {ids}.")
    if named:
        return named[0]
    found = beginning(name, (str(each["id"]) for each in known)) if is_short(name) else None
    if found is None:
        question = near(name, (each["name"] for each in known))
        hint = question or "See `mergehub tokens list`."
        raise click.ClickException(f"There is no token called {name!r}. {hint}{too_short(name)}")
    return found


def _until(token: dict[str, Any]) -> str:
    end = token["expires_at"]
    return f"It expires at {_day(end)}." if end else "It never expires."


def _day(moment: str | None) -> str:
    """A time in this machine's zone, to the minute."""
    if moment is None:
        return "never"
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
