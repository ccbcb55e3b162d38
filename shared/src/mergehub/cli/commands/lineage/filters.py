"""The options that filter the edges along which a question goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from mergehub.lineage_files.words import RELATIONS

DAY = "%Y-%m-%d"


def as_day(ctx: click.Context, param: click.Parameter, value: datetime | None) -> str | None:
    """A day as the API has it."""
    return value.strftime(DAY) if value else None


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options `--relation`, `--method` and `--since`, by their names in the API."""
    for option in (
        click.option("--since", type=click.DateTime([DAY]), callback=as_day,
                     help="Only by edges made since this day, such as 2024-01-31."),
        click.option("--method", multiple=True, metavar="NAME",
                     help="Only by merges of this method; may be repeated."),
        click.option("--relation", multiple=True, type=click.Choice(sorted(RELATIONS)),
                     help="Only by edges of this relation; may be repeated."),
    ):  # fmt: skip
        command = option(command)
    return command


def of_models(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options `--licence`, `--domain` and `--kind`, by their names in the API."""
    for option in (
        click.option("--kind", multiple=True, type=click.Choice(["original", *sorted(RELATIONS)]),
                     help="Only models of this kind; may be repeated."),
        click.option("--domain", multiple=True,
                     help="Only models for this domain; may be repeated."),
        click.option("--licence", multiple=True,
                     help="Only models under this licence; may be repeated. unknown: without one."),
    ):  # fmt: skip
        command = option(command)
    return command


def query(asked: dict[str, Any]) -> dict[str, Any]:
    """The options as parameters of a request, without those that were not given."""
    return {name: list(value) if isinstance(value, tuple) else value
            for name, value in asked.items() if value not in (None, ())}  # fmt: skip
