"""Published recipes and versions by their names or ids."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from mergehub.cli.finding import recipe_version
from mergehub.client import HubClient, HubError, api


class Version(NamedTuple):
    """A published version: its name as in lab/soup@2, and its canonical form."""

    name: str
    digest: str
    canonical: dict[str, Any]


def recipe_of(client: HubClient, text: str) -> dict[str, Any]:
    """The recipe that a name or an id means."""
    if (known := _id(text)) is not None:
        return dict(client.send(api.get_recipe(known)))
    return recipe_version(client, text)[0]


def version_of(client: HubClient, text: str) -> Version:
    """The version that `lab/soup@2`, `soup` or the id of a version or a recipe means."""
    known = _id(text)
    if known is None:
        recipe, version = recipe_version(client, text)
        name, number = _name(recipe), version["number"]
    else:
        recipe, name, number = _by_id(client, known)
    found = client.recipe_version(recipe["id"], number)
    return Version(f"{name}@{number}", found["digest"], found["canonical"])


def _by_id(client: HubClient, known: UUID) -> tuple[dict[str, Any], str, int]:
    """The recipe of an id, its name and the number of its version."""
    try:
        recipe: dict[str, Any] = dict(client.send(api.get_recipe(known)))
        return recipe, _name(recipe), recipe["version"]["number"]
    except HubError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
    version = client.send(api.compare_recipe_versions(from_=known, to=known))["old"]
    return {"id": str(version["recipe_id"])}, _name(dict(version)), version["number"]


def _name(recipe: dict[str, Any]) -> str:
    return f"{recipe['owner']}/{recipe['name']}"


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
