"""Tells which models a backup lacks, since the hub has lost them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import click


def tell_missing(runs: Iterable[UUID]) -> None:
    """A line on standard error for each run that succeeded and whose model is missing."""
    for run in runs:
        click.echo(f"Run {run} succeeded, but its model is missing.", err=True)
