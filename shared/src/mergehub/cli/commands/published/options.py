"""What commands about published recipes share: their options, and how versions are named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from mergehub.contracts.licences.identifiers import identifier_or_fault

PUBLIC = click.option(
    "--public", "visibility", flag_value="public", default=None, help="Everybody may see it."
)
PRIVATE = click.option(
    "--private",
    "visibility",
    flag_value="private",
    default=None,
    help="Only its owner, or the members of the owning organisation, may see it.",
)
UNLISTED = click.option(
    "--unlisted",
    "visibility",
    flag_value="unlisted",
    default=None,
    help="Others may see it if they have its name or id; no list shows it to them.",
)


def licence_of(
    context: click.Context, parameter: click.Parameter, written: str | None
) -> str | None:
    """The identifier of a licence; a name that is none ends the command."""
    try:
        return None if written is None else identifier_or_fault(written)
    except ValueError as error:
        raise click.BadParameter(f"{written!r} {error}.") from None


LICENCE = click.option(
    "--licence", callback=licence_of, help="Its licence, such as apache-2.0, or other."
)
RECIPE = click.argument("recipe")


def same_as(versions: Iterable[Mapping[str, Any]]) -> str:
    """Versions of recipes as people name them."""
    return ", ".join(f"{each['owner']}/{each['name']}@{each['number']}" for each in versions)
