"""`webhooks create`, `list`, `test`, `deliveries` and `delete`."""

from __future__ import annotations

import time
from itertools import islice
from typing import IO, Any

import click

from mergehub.cli.connection import hub
from mergehub.cli.finding import beginning, is_short, too_short
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import show, table
from mergehub.client import HubClient, api
from mergehub.contracts.events import TYPES

WAIT_SECONDS = 25.0
LOOK_SECONDS = 0.2
SIGNATURES = ("v1", "v1a")
STATES = ("pending", "delivered", "failed")
ACCEPTED = range(200, 300)

WEBHOOK = click.argument("webhook")


@click.group()
def webhooks() -> None:
    """Have events sent to a server, or to a lineage tool.

    A webhook is named by its id, of which six characters are enough, or by its URL.
    """


@webhooks.command()
@click.argument("url")
@click.option(
    "--format",
    "written",
    type=click.Choice(("standard", "openlineage")),
    default="standard",
    help="How events are written: as the hub's own, or runs as OpenLineage's run events.",
)
@click.option(
    "--type",
    "types",
    multiple=True,
    type=click.Choice(tuple(TYPES)),
    metavar="TYPE",
    help="A type of event, such as run.failed; may be repeated. Without it: every type.",
)
@click.option("--owner", help="An organisation that the webhook belongs to.")
@click.option("--description", default="", help="What it is for.")
@click.option(
    "--ordered/--unordered",
    default=None,
    help="Whether a later event of a run or model waits while an earlier one fails. "
    "Webhooks of the format openlineage are ordered if neither is given.",
)
@click.option(
    "--signature",
    type=click.Choice(SIGNATURES),
    default="v1",
    help="Sign with a secret (v1) or with a key pair (v1a).",
)
@click.option(
    "--bearer-token-file",
    "token",
    type=click.File("r"),
    help="A file with the token that the receiver asks for; - is standard input.",
)
@as_json
@click.pass_context
def create(
    ctx: click.Context, /, written: str, token: IO[str] | None, raw: bool, **wanted: Any
) -> None:
    """Create a webhook and print its secret, or its public key; the secret is not shown again.

    A listener of OpenLineage usually has the path /api/v1/lineage.
    """
    if token is not None:
        wanted["bearer_token"] = token.read().strip()
    given = {name: each for name, each in wanted.items() if each is not None}
    body: Any = {"format": written, **given}
    with hub(ctx) as client:
        made = client.send(api.create_webhook(body))
    if raw:
        show_json(made)
        return
    click.echo(made["secret"] or made["public_key"])
    keep = "Keep the secret now: it is not shown again. " if made["secret"] else ""
    click.echo(f"{keep}The webhook's id is {made['id']}.", err=True)


@webhooks.command("list")
@as_json
@click.pass_context
def list_(ctx: click.Context, raw: bool) -> None:
    """List webhooks, the newest first."""
    with hub(ctx) as client:
        found = list(client.hub.pages(api.list_webhooks()))
    if raw:
        show_json(found)
        return
    listed = table("id", "format", "state", "types", "URL")
    for each in found:
        kinds = " ".join(each["types"]) or "all"
        listed.add_row(str(each["id"]), each["format"], _state(each), kinds, each["url"])
    show(listed)


@webhooks.command()
@WEBHOOK
@as_json
@click.pass_context
def test(ctx: click.Context, webhook: str, raw: bool) -> None:
    """Send a test event, and print how the receiver answers."""
    with hub(ctx) as client:
        number = client.send(api.test_webhook(_id_of(client, webhook)))
        tried = _attempted(client, str(number["endpoint_id"]), number["id"])
    if raw:
        show_json(tried)
        return
    attempt = tried["attempts"][-1]
    answer = attempt["error"] or f"{attempt['status']} in {attempt['milliseconds']} ms"
    if attempt["status"] not in ACCEPTED:
        said = f" {attempt['answer']}" if attempt["answer"] else ""
        raise click.ClickException(f"Not delivered: {answer}{said}")
    click.echo(f"delivered: {answer}")


@webhooks.command()
@WEBHOOK
@click.option("--state", type=click.Choice(STATES), help="Only deliveries in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, help=HOW_MANY)
@as_json
@click.pass_context
def deliveries(ctx: click.Context, webhook: str, state: Any, limit: int, raw: bool) -> None:
    """List what was sent to a webhook, the newest first."""
    with hub(ctx) as client:
        call = api.list_webhook_deliveries(_id_of(client, webhook), state=state)
        found = list(islice(client.hub.pages(call), limit))
    if raw:
        show_json(found)
        return
    listed = table("number", "state", "attempt", "type", "subject")
    for each in found:
        counts = str(each["id"]), each["state"], str(each["attempt"])
        listed.add_row(*counts, each["type"], each["subject"])
    show(listed)


@webhooks.command()
@WEBHOOK
@as_json
@click.pass_context
def delete(ctx: click.Context, webhook: str, raw: bool) -> None:
    """Delete a webhook and its deliveries."""
    with hub(ctx) as client:
        which = _id_of(client, webhook)
        client.send(api.delete_webhook(which))
    if raw:
        show_json({"id": which, "deleted": True})
    else:
        click.echo("deleted")


def _attempted(client: HubClient, webhook: str, number: int) -> dict[str, Any]:
    """A delivery once it was attempted."""
    end = time.monotonic() + WAIT_SECONDS
    while not (found := client.send(api.get_webhook_delivery(webhook, number)))["attempts"]:
        if time.monotonic() > end:
            raise click.ClickException(
                f"The event was not sent within {WAIT_SECONDS:g} s. "
                f"`mergehub webhooks deliveries {webhook}` shows it."
            )
        time.sleep(LOOK_SECONDS)
    return dict(found)


def _id_of(client: HubClient, text: str) -> str:
    known = list(client.hub.pages(api.list_webhooks()))
    named = [str(each["id"]) for each in known if each["url"] == text]
    if len(named) > 1:
        ids = ", ".join(named)
        raise click.ClickException(f"Several webhooks have this URL; give an id: {ids}.")
    if named:
        return named[0]
    found = beginning(text, (str(each["id"]) for each in known)) if is_short(text) else None
    if found is None:
        raise click.ClickException(
            f"There is no webhook {text!r}. See `mergehub webhooks list`.{too_short(text)}"
        )
    return found


def _state(webhook: Any) -> str:
    if not webhook["enabled"]:
        return f"disabled ({webhook['disabled_reason']})"
    return "failing" if webhook["failing_since"] else "enabled"
