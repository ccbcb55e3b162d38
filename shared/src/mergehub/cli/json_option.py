"""The option `--json`, which every command has."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from mergehub.cli.failures import Faults
from mergehub.json_text import json_text

HOW_MANY = "How many to list at most."


def as_json(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option that prints JSON on standard output, and a failure as JSON on standard error.

    The command gets it as `raw`.
    """

    @click.option("--json", "raw", is_flag=True, help="Print JSON.")
    @functools.wraps(command)
    def with_json(*args: Any, raw: bool, **options: Any) -> Any:
        try:
            return command(*args, raw=raw, **options)
        except click.ClickException as error:
            if not raw or isinstance(error, click.UsageError):
                raise
            click.echo(json_text(_failure(error), encoding=sys.stderr.encoding), err=True)
            raise click.exceptions.Exit(error.exit_code) from error

    return with_json


def show_json(answer: Any) -> None:
    """Print one answer, indented so that people can read it too."""
    click.echo(json_text(answer, encoding=sys.stdout.encoding, indent=2, default=_plain))


def show_json_line(answer: Any) -> None:
    """Print one answer of several on a line of its own."""
    click.echo(json_text(answer, encoding=sys.stdout.encoding, default=_plain))


def _plain(value: object) -> str:
    """A value that JSON has no type for as text: times by RFC 3339, paths, ids."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def _failure(error: click.ClickException) -> dict[str, Any]:
    faults = error.faults if isinstance(error, Faults) else ()
    return {"error": error.format_message(), "faults": [fault._asdict() for fault in faults]}
