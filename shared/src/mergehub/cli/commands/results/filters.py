"""The options that choose results, for lists and exports."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import click

_OPTIONS = (
    click.option("--model", help="Only results of this model."),
    click.option("--benchmark", help="Only results on this benchmark."),
    click.option("--version", help="Only this version of the benchmark."),
    click.option(
        "--source",
        type=click.Choice(["verified", "community", "imported"]),
        help="Only results of this kind: measured by the hub's workers, by people, or imported.",
    ),
    click.option("--precision", help="Only results of models in this precision, such as bfloat16."),
    click.option("--history", is_flag=True, help="Older results of the same thing as well."),
)


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command that takes the filters as keyword arguments."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return functools.wraps(command)(command)


def query(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the request; what is not chosen is left out."""
    return {
        name: "true" if value is True else value
        for name, value in asked.items()
        if value is not None and value is not False
    }
