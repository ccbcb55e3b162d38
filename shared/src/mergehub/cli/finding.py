"""Find runs and tokens by the first characters of their ids, and recipes by name and version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any
from uuid import UUID

import click

from mergehub.client import HubClient, HubError, api
from mergehub.contracts.names import MODEL_NAME, RECIPE_NAME

SHORTEST = 6
NEWEST = 1_000
"""How many runs are searched for a short id."""

MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
"""No recipe has the name, or it cannot be a recipe's name."""

RUN = click.argument("run")

FILE = re.compile(r"-|(\.{0,2}/|~).*|.*\.[A-Za-z][A-Za-z0-9]*", re.DOTALL)
"""Standard input, a path, or a name with a suffix."""


def run_id(client: HubClient, text: str) -> UUID:
    """The id of a run, given whole or by its first characters."""
    try:
        return UUID(text)
    except ValueError:
        if not is_short(text):
            raise click.UsageError(
                f"{text!r} is not the id of a run. Give the id, or at least its first {SHORTEST} "
                "characters; `mergehub runs` lists the runs."
            ) from None
    newest = islice(client.hub.pages(api.list_runs(limit=200)), NEWEST)
    found = beginning(text, (str(run["id"]) for run in newest))
    if found is None:
        raise click.ClickException(
            f"None of the newest {NEWEST:,} runs has an id that begins with {text}. Give the "
            "whole id; `mergehub runs` lists the runs."
        )
    return UUID(found)


def merge_run(client: HubClient, text: str, *, or_folder: bool = False) -> UUID:
    """The merge run of an id, whole or short, or the newest that made the model of a name.

    `or_folder` says that the command takes folders, too, and `text` is not one.
    """
    for name in _names_of_model(client, text):
        wanted = api.list_runs(kind="merge", state="succeeded", model=name, limit=1)
        if found := client.send(wanted)["items"]:
            return UUID(str(found[0]["id"]))
    if is_short(text):
        return run_id(client, text)
    no_folder = f"{text} is not a folder, and no" if or_folder else "No"
    folder = "the folder of a model; " if or_folder else ""
    raise click.ClickException(
        f"{no_folder} run of this hub has made a model of the name {text}. Give {folder}the name "
        "of a merged model, such as me/soup; or the id of a merge run. `mergehub runs` lists the "
        "runs."
    )


def _names_of_model(client: HubClient, text: str) -> list[str]:
    """The full names that a model's name may mean; a whole id is none."""
    if re.fullmatch(MODEL_NAME, text) is None or len(text) == len(str(UUID(int=0))):
        return []
    return [text] if "/" in text else [text, f"{client.handle()}/{text}"]


def is_short(text: str) -> bool:
    """Whether `text` may be the beginning of an id."""
    return re.fullmatch(rf"[0-9a-fA-F-]{{{SHORTEST},36}}", text) is not None


def too_short(text: str) -> str:
    """A sentence if `text` may begin an id but is too short; else empty."""
    if re.fullmatch(rf"[0-9a-fA-F]{{1,{SHORTEST - 1}}}", text) is None:
        return ""
    return f" An id needs at least {SHORTEST} characters."


def beginning(text: str, ids: Iterable[str]) -> str | None:
    """The only id that begins with `text`, or None. If several do, the command ends with a list."""
    found = sorted(each for each in set(ids) if each.startswith(text.lower()))
    if len(found) > 1:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise click.ClickException(f"Several ids begin with {text}: {', '.join(found[:5])}{more}.")
    return found[0] if found else None


def is_file(word: str) -> bool:
    """Whether a recipe's name means a file, by the word alone; files that exist do not matter."""
    return FILE.fullmatch(word) is not None


def recipe_version(client: HubClient, text: str) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The published recipe that `soup`, `lab/soup` or `soup@2` names, and that version of it."""
    name, at, number = text.partition("@")
    if at and not number.isdecimal():
        raise click.UsageError(f"{text!r}: a version's number must follow the @, as in soup@2.")
    recipe = published(client, name)
    if not at:
        return recipe, recipe["version"]
    newest = recipe["version"]["number"]
    if not 1 <= int(number) <= newest:
        raise click.ClickException(f"{name} has no version {number}; its newest is {newest}.")
    return recipe, client.recipe_version(recipe["id"], int(number))


def published(client: HubClient, name: str) -> dict[str, Any]:
    """The recipe of a name. If a model has the name instead, the message says so."""
    try:
        if not all(re.fullmatch(RECIPE_NAME, part) for part in name.split("/", 1)):
            raise HubError(HTTPStatus.UNPROCESSABLE_ENTITY, _no_name(name))
        return client.recipe(name)
    except HubError as error:
        if error.status in MISSING and _is_model(client, name):
            raise click.ClickException(
                f"{name} is a model, not a recipe. `mergehub lineage {name}` shows what it was "
                "made of, `mergehub runs` its run."
            ) from error
        raise


def _no_name(name: str) -> str:
    return (
        f"{name!r} cannot be the name of a recipe. A name has lower-case letters, digits and "
        "single hyphens between them, with or without its owner and a version, as in soup, "
        "lab/soup or soup@2."
    )


def _is_model(client: HubClient, name: str) -> bool:
    try:
        return bool(client.send(api.list_models(name=name))["items"])
    except HubError:
        return False
