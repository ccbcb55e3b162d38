"""Fills the registry's tables with made recipes, by COPY and without its own write path."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

import asyncpg

from benchmarks.registry.made import Made
from mergehub.kit.database.connections import connect
from registry.search.models import FORM

AT_ONCE = 20_000
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
ACCOUNTS = ("handle", "kind", "display_name")
RECIPES = (
    *("id", "owner", "visibility", "name", "title", "description", "tags", "domains", "newest"),
    *("stars", "created_at"),
)
VERSIONS = ("id", "recipe_id", "number", "digest", "method", "ingredients", "source", "canonical")
FEATURES = (
    *("recipe_id", "version", "form", "methods", "base", "ingredients", "parameters", "count"),
    "shape",
)


async def fill(url: str, recipes: Iterable[Made]) -> None:
    """Write recipes, each with one version, into the tables, which have none."""
    connection = await connect(url, statement_seconds=None)
    try:
        await connection.execute("SET search_path TO registry")
        await connection.execute("SET session_replication_role TO replica")  # no triggers
        owners: set[str] = set()
        remaining = iter(recipes)
        while part := list(islice(remaining, AT_ONCE)):
            await _write(connection, part, owners)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _write(connection: asyncpg.Connection, part: Sequence[Made], owners: set[str]) -> None:
    new = sorted({each.owner for each in part} - owners)
    owners.update(new)
    accounts = ((handle, "person", handle) for handle in new)
    await connection.copy_records_to_table("accounts", records=accounts, columns=ACCOUNTS)
    for table, columns, rows in (
        ("recipes", RECIPES, _recipes(part)),
        ("recipe_versions", VERSIONS, _versions(part)),
        ("recipe_features", FEATURES, _features(part)),
    ):
        await connection.copy_records_to_table(table, records=rows, columns=columns)


def _id(made: Made) -> uuid.UUID:
    return uuid.UUID(int=(7 << 96) + made.number)


def _recipes(part: Sequence[Made]) -> Iterator[tuple[Any, ...]]:
    for made in part:
        yield (
            *(_id(made), made.owner, made.visibility, made.name, made.title, made.description),
            *(made.tags, made.domains, 1, made.stars),
            BEGIN + timedelta(seconds=60 * made.number),
        )


def canonical(made: Made) -> dict[str, Any]:
    """The recipe as plain data: each model has the first value of each parameter it takes."""
    form: dict[str, Any] = {"merge_method": made.shape.method}
    if made.shape.based:
        form["base_model"] = made.models[0]
    models = made.models[made.shape.based :] or made.models
    return form | {
        "models": [
            {
                "model": model,
                "parameters": {
                    name: values[at % len(values)] for name, values in made.parameters.items()
                },
            }
            for at, model in enumerate(models)
        ]
    }


def _versions(part: Sequence[Made]) -> Iterator[tuple[Any, ...]]:
    for made in part:
        text = json.dumps(canonical(made))
        digest = "sha256:" + sha256(f"{made.number}{text}".encode()).hexdigest()
        version = uuid.UUID(int=(8 << 96) + made.number)
        yield version, _id(made), 1, digest, made.shape.method, made.models, text, text


def _features(part: Sequence[Made]) -> Iterator[tuple[Any, ...]]:
    for made in part:
        yield (
            *(_id(made), 1, FORM, [made.shape.method]),
            made.models[0] if made.shape.based else None,
            made.models,
            json.dumps(made.parameters),
            len(made.models),
            made.shape.form,
        )
