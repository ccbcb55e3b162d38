"""The hub that a command talks to, with its refusals as messages for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
import httpx

from mergehub.cli.failures import Faults, Line
from mergehub.client import HubClient, HubError, HubFault, HubUnreachable
from mergehub.tokens import BadToken
from mergehub.variables import BadVariable

NO_TOKEN = (
    "Sign in with `mergehub login`, or set MERGEHUB_TOKEN; `mergehub up` prints the token of its "
    "hub."
)


@contextmanager
def hub(ctx: click.Context) -> Iterator[HubClient]:
    """The client for a block; a refusal of the hub ends the command with a message."""
    with _found(ctx) as client:
        try:
            yield client
        except HubError as error:
            hint = f" {NO_TOKEN}" if error.status == 401 else ""
            raise Faults(f"{error.detail}{hint}", map(_line, error.faults)) from error
        except httpx.HTTPError as error:
            what = str(error) or type(error).__name__
            raise click.ClickException(
                f"The connection to {client.url} broke: {what}{_hint(error, client.url)}"
            ) from error


def was_cut_off(error: click.ClickException) -> bool:
    """Whether a message is about a hub that went away, and not about a refusal."""
    cause = error.__cause__
    return isinstance(cause, httpx.HTTPError) or (
        isinstance(cause, HubError) and cause.status >= 500
    )


def _hint(error: httpx.HTTPError, url: str) -> str:
    """The likely reason if the server does not speak HTTP as expected."""
    if isinstance(error, httpx.RemoteProtocolError) and url.startswith("http:"):
        return (
            ". If that lasts, the server there is not a hub, or its address begins with https://."
        )
    return ""


def _line(fault: HubFault) -> Line:
    return Line(fault.pointer, fault.line, fault.detail, fault.suggestion, fault.code)


def _found(ctx: click.Context) -> HubClient:
    try:
        return HubClient.found(**ctx.obj)
    except (BadToken, BadVariable, HubUnreachable) as error:
        raise click.ClickException(str(error)) from None
    except (httpx.InvalidURL, ValueError) as error:  # of the hub, or of a proxy in the environment
        raise click.ClickException(
            f"The address of the hub, or of a proxy before it, is wrong. {error} "
            "Check --url, MERGEHUB_URL and HTTPS_PROXY."
        ) from None
