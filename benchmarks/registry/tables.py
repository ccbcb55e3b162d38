"""Fills the registry's tables with made recipes, by COPY and without its own write path."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from multiprocessing import get_context
from typing import Any

import asyncpg

from benchmarks.registry.made import OWNERS, PARTS, Made, owner, part
from mergehub.kit.database.connections import connect
from registry.search.models import FORM

AT_ONCE = 10_000
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'registry' AND tablename IN ('recipes', 'recipe_versions', 'recipe_features')
AND NOT EXISTS (
  SELECT FROM pg_constraint WHERE conindid = format('%I.%I', schemaname, indexname)::regclass
)
"""
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


async def fill(url: str, count: int) -> None:
    """Write so many recipes, each with one version, into the tables, which have none.

    Processes make them; the indexes are built afterwards.
    """
    async with _connection(url) as connection:
        handles = sorted({owner(number) for number in range(OWNERS)})
        accounts = ((handle, "person", handle) for handle in handles)
        await connection.copy_records_to_table("accounts", records=accounts, columns=ACCOUNTS)
        indexes = await connection.fetch(INDEXES)
        for each in indexes:
            await connection.execute(f"DROP INDEX registry.{each['indexname']}")
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as processes:
        list(
            processes.map(_fill_part, *zip(*((url, count, at) for at in range(PARTS)), strict=True))
        )
    async with _connection(url) as connection:
        for each in indexes:
            await connection.execute(each["indexdef"])
        await connection.execute("VACUUM (ANALYZE, FREEZE)")


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(url, statement_seconds=None)
    try:
        await connection.execute("SET search_path TO registry")
        await connection.execute("SET session_replication_role TO replica")  # no triggers
        yield connection
    finally:
        await connection.close()


def _fill_part(url: str, count: int, place: int) -> None:
    asyncio.run(_write_part(url, count, place))


async def _write_part(url: str, count: int, place: int) -> None:
    remaining = part(count, place)
    async with _connection(url) as connection:
        while some := list(islice(remaining, AT_ONCE)):
            await _write(connection, some)


async def _write(connection: asyncpg.Connection, part: Sequence[Made]) -> None:
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
