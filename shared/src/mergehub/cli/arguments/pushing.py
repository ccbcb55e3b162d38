"""The options about where a model is pushed, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mergehub.cli.arguments.contract import Contract
from mergehub.contracts.destinations import Destination

DESTINATION = Contract(Destination)
PUSH = "Push the model afterwards: hf://owner/name, hf://owner/name@branch or s3://bucket/prefix."
REPLACE = "Replace other content at the destination; without it, the push is refused."
PUBLIC = "Make a new repository public, not private; one that exists stays as it is."


def how_to_push(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options on how a model is pushed."""
    for option in (
        click.option("--public", is_flag=True, help=PUBLIC),
        click.option("--replace", is_flag=True, help=REPLACE),
    ):
        command = option(command)
    return command


def with_push(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--push` and the options on how."""
    return click.option("--push", type=DESTINATION, help=PUSH)(how_to_push(command))


def wanted_push(push: str | None, replace: bool, public: bool) -> dict[str, Any] | None:
    """The options as a request has them, or None. Those on how need `--push`."""
    if push is None:
        for given, option in ((replace, "--replace"), (public, "--public")):
            if given:
                raise click.UsageError(f"{option} needs --push.")
        return None
    return {"destination": push, "replace": replace, "private": not public}
