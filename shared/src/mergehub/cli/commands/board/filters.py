"""The options that choose the rows of a board, and the query that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]

OPTIONS = (
    click.option("--find", "q", metavar="TEXT", help="Only names that contain this."),
    click.option("--model", multiple=True, help="Only these models; repeat it."),
    click.option("--method", multiple=True, help="Only merges made by these methods."),
    click.option("--base", multiple=True, help="Only models that come from these."),
    click.option("--family", multiple=True, help="Only these families."),
    click.option("--domain", multiple=True, help="Only models for these domains."),
    click.option("--precision", multiple=True, help="Only these precisions."),
    click.option("--licence", multiple=True, help="Only these licences."),
    click.option("--size-min", type=float, metavar="BILLIONS", help="The least size."),
    click.option("--size-max", type=float, metavar="BILLIONS", help="The largest size."),
    click.option("--since", metavar="DAY", help="Only models made on this day or later."),
    click.option("--until", metavar="DAY", help="Only models made on this day or earlier."),
    click.option("--merged/--not-merged", default=None, help="Only merges, or only others."),
    click.option("--flagged/--not-flagged", default=None, help="Only with, or without a flag."),
    click.option("--verified", is_flag=True, default=None, help="Only results of this hub count."),
)


def filters(command: Command) -> Command:
    """The options of all filters."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def query(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked for, without what was left out."""
    told = {
        name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()
    }
    return {name: value for name, value in told.items() if value not in (None, [])}
