"""Checks the hub's address: whether a hub answers, its release, its clock, and our tokens."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from mergehub import __version__
from mergehub.client.connection import settings
from mergehub.hub.doctor.clock import check_clock
from mergehub.hub.doctor.finding import Finding, failed, ok, warning

CHECK = "hub"
DOCUMENT = "/docs/openapi/registry.json"  # every gateway has it; probes are not routed
PERSONAL = "MERGEHUB_TOKEN"
DATE_SECONDS = 1.0  # the resolution of the header
RIGHT = "Start the hub, and check MERGEHUB_HUB_URL (MERGEHUB_URL for a shell) and the network."


def check_origin(url: str, tokens: Mapping[str, str]) -> Iterator[Finding]:
    """All findings about the hub at `url`; `tokens` are ours by the names of their variables."""
    try:
        with httpx.Client(**settings(url, None)) as client:
            began = time.time()
            answer = client.get(DOCUMENT)
            yield from _release(url, answer)
            if answer.is_success:
                yield from _clock(answer, began)
                for name, token in tokens.items():
                    yield _accepted(client, name, token)
    except (httpx.HTTPError, ValueError) as error:
        yield failed(CHECK, f"{url}: {error or type(error).__name__}", RIGHT)


def _release(url: str, answer: httpx.Response) -> Iterator[Finding]:
    try:
        release = answer.raise_for_status().json()["info"]["version"]
    except (httpx.HTTPStatusError, ValueError, LookupError, TypeError):
        found = f"{url} answers {answer.status_code} where a hub describes its operations"
        yield failed(CHECK, found, "Name the hub's own origin, without a path.")
        return
    if release == __version__:
        yield ok(CHECK, f"Mergehub {release} at {url}")
    else:
        found = f"Mergehub {release} at {url}, and {__version__} here"
        yield warning(CHECK, found, "Install the hub's release here, once the hub is upgraded.")


def _clock(answer: httpx.Response, began: float) -> Iterator[Finding]:
    """The hub's date is that of a second which contains the moment of its answer."""
    took = time.time() - began
    if date := answer.headers.get("date"):
        theirs = parsedate_to_datetime(date).timestamp() + DATE_SECONDS / 2
        yield check_clock("hub", theirs - began - took / 2, took / 2 + DATE_SECONDS / 2)


def _accepted(client: httpx.Client, name: str, token: str) -> Finding:
    answer = client.get("/v1/accounts/me", headers={"Authorization": f"Bearer {token.strip()}"})
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        return failed("tokens", f"the hub does not accept {name}", _remedy(name))
    if answer.is_error and answer.status_code != HTTPStatus.FORBIDDEN:  # a worker has no account
        found = f"the hub answers {answer.status_code} when it is asked about {name}"
        return failed("tokens", found, "See the log of the registry.")
    return ok("tokens", f"the hub accepts {name}")


def _remedy(name: str) -> str:
    if name == PERSONAL:
        return f"Sign in with `mergehub login`, or give {PERSONAL} another token."
    return "Give every program the value that the registry has, and restart the registry."
