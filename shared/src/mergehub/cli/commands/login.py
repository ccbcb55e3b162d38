"""`mergehub login` and `mergehub logout`: a token for this shell, by way of a browser."""

from __future__ import annotations

import hashlib
import secrets
import socket
import webbrowser
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import click

from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.client import HubClient, HubError
from mergehub.logins import forget_login, keep_login, read_logins

WAIT_SECONDS = 300
SIGN_IN_OFF = "sign-in-off"
WITH_A_TOKEN = (
    "Use a token instead: the hub's owner makes one with `mergehub tokens create`. Pass it with "
    "--token or MERGEHUB_TOKEN."
)
THANKS = b"<!doctype html><title>Mergehub</title><p>Signed in. You may close this window."


class Listener(HTTPServer):
    """Waits on this machine's loopback for the browser to deliver the code."""

    timeout = WAIT_SECONDS

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Bringing)
        self.code: str | None = None

    def wait_for_code(self) -> str:
        """The code that the browser delivers; requests without a code are ignored."""
        timed_out = False

        def give_up() -> None:
            nonlocal timed_out
            timed_out = True

        self.handle_timeout = give_up  # type: ignore[method-assign]
        while self.code is None and not timed_out:
            self.handle_request()
        if self.code is None:
            raise click.ClickException(
                "The browser did not confirm within five minutes. Run `mergehub login` again."
            )
        return self.code


class _Bringing(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.code = next(iter(parse_qs(urlsplit(self.path).query).get("code", [])), None)
        self.send_response(200 if self.server.code else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(THANKS if self.server.code else b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the code is in the address."""


@click.command()
@click.option(
    "--paste",
    is_flag=True,
    help="For a browser on another machine: open the address there and paste the code here.",
)
@as_json
@click.pass_context
def login(ctx: click.Context, paste: bool, raw: bool) -> None:
    """Sign in to a hub with a browser.

    The token is kept for the shells of this machine, and is valid for thirty days.
    """
    secret = secrets.token_urlsafe(32)
    asked = {"challenge": hashlib.sha256(secret.encode()).hexdigest(), "host": socket.gethostname()}
    with hub(ctx) as client:
        _check_that_people_sign_in(client, asked)
        code = _pasted(client, asked) if paste else _brought(client, asked)
        made = client.redeem_shell_code(code, secret)
    keep_login(client.url, made["token"])
    if raw:
        show_json({"url": client.url, "account": made["account"]})
    else:
        click.echo(f"Signed in to {client.url} as {made['account']}.")


@click.command()
@as_json
@click.pass_context
def logout(ctx: click.Context, raw: bool) -> None:
    """Sign out, and revoke this shell's token."""
    with hub(ctx) as client:
        token = read_logins().get(client.url)
        if token is None:
            raise click.ClickException(f"You are not signed in to {client.url} on this machine.")
        with HubClient(client.url, token) as signed_in:
            signed_in.sign_out()
    forget_login(client.url)
    if raw:
        show_json({"url": client.url})
    else:
        click.echo(f"Signed out of {client.url}.")


def _check_that_people_sign_in(client: HubClient, asked: dict[str, str]) -> None:
    """Raises ClickException if people cannot sign in to the hub with a browser."""
    try:
        client.get("/v1/accounts/shell", **asked)
    except HubError as error:
        if error.code == SIGN_IN_OFF:
            raise click.ClickException(f"{error.detail} {WITH_A_TOKEN}") from error
        if error.status != HTTPStatus.SEE_OTHER:  # the redirect to the provider
            raise


def _brought(client: HubClient, asked: dict[str, str]) -> str:
    with Listener() as listener:
        address = _address(client, {**asked, "port": str(listener.server_port)})
        click.echo(f"Confirm in the browser. If none opens, go to\n{address}", err=True)
        webbrowser.open(address)
        return listener.wait_for_code()


def _pasted(client: HubClient, asked: dict[str, str]) -> str:
    click.echo(f"Open this in a browser and confirm:\n{_address(client, asked)}", err=True)
    return str(click.prompt("Code", err=True)).strip()


def _address(client: HubClient, asked: dict[str, str]) -> str:
    return f"{client.url}/v1/accounts/shell?{urlencode(asked)}"
