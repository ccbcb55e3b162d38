"""Fills the registry's tables with made recipes, by COPY and without its own write path."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

import asyncpg

from benchmarks.registry.made import OWNERS, Made, owner, recipes
from mergehub.kit.database.connections import connect
from registry.search.models import FORM

AT_ONCE = 10_000
MADE = 125_000
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'registry' AND tablename IN ('recipes', 'recipe_versions', 'recipe_features')
AND NOT EXISTS (
  SELECT FROM pg_constraint WHERE conindid = format('%I.%I', schemaname, indexname)::regclass
)
"""
COPIES = """
CREATE TEMP TABLE these ON COMMIT DROP AS
SELECT number AS old, id AS old_id, number + {made} * {copy} AS new,
  ('00000007' || lpad(to_hex(number + {made} * {copy}), 24, '0'))::uuid AS id,
  1 + (number * 7 + 977 * {copy}) % {made} AS other
FROM recipes WHERE number <= least({made}, {last});
INSERT INTO recipes (id, owner, visibility, name, title, description, tags, domains, licence,
  newest, stars, created_at)
SELECT these.id, r.owner, r.visibility, r.name || chr(97 + {copy}), r.title, o.description, r.tags,
  r.domains, r.licence, 1, o.stars, r.created_at + interval '1 minute' * (these.new - these.old)
FROM these JOIN recipes r ON r.number = these.old JOIN recipes o ON o.number = these.other
ORDER BY these.new;
INSERT INTO recipe_versions (id, recipe_id, number, digest, method, ingredients, source, canonical)
SELECT ('00000008' || substr(replace(these.id::text, '-', ''), 9))::uuid, these.id, v.number,
  'sha256:' || encode(sha256((v.digest || {copy})::bytea), 'hex'), v.method, v.ingredients,
  v.source, v.canonical
FROM these JOIN recipe_versions v ON v.recipe_id = these.old_id ORDER BY these.new;
INSERT INTO recipe_features (recipe_id, version, form, methods, base, ingredients, parameters,
  count, shape)
SELECT these.id, f.version, f.form, f.methods, f.base, f.ingredients, f.parameters, f.count, f.shape
FROM these JOIN recipe_features f ON f.recipe_id = these.old_id ORDER BY these.new
"""
FILLED = ("accounts", "recipes", "recipe_versions", "recipe_features")
ACCOUNTS = ("handle", "kind", "display_name")
RECIPES = (
    *("id", "owner", "visibility", "name", "title", "description", "tags", "domains", "licence"),
    *("newest", "stars", "created_at"),
)
VERSIONS = ("id", "recipe_id", "number", "digest", "method", "ingredients", "source", "canonical")
FEATURES = (
    *("recipe_id", "version", "form", "methods", "base", "ingredients", "parameters", "count"),
    "shape",
)


async def fill(url: str, count: int) -> None:
    """Write so many recipes, each with one version, into the tables, which have none.

    Of many, the first are made; the others are these with descriptions and stars of one another.
    The indexes are built afterwards.
    """
    async with _connection(url) as connection:
        handles = sorted({owner(number) for number in range(OWNERS)})
        accounts = ((handle, "person", handle) for handle in handles)
        await connection.copy_records_to_table("accounts", records=accounts, columns=ACCOUNTS)
        indexes = await connection.fetch(INDEXES)
        for each in indexes:
            await connection.execute(f"DROP INDEX registry.{each['indexname']}")
        made = min(count, MADE)
        remaining = recipes(made)
        while some := list(islice(remaining, AT_ONCE)):
            await _write(connection, some)
        for copy in range(1, -(-count // made)):
            values = {"made": made, "copy": copy, "last": count - copy * made}
            await connection.execute(COPIES.format(**values))
        for each in indexes:
            await connection.execute(each["indexdef"])
        # Not the empty ones: PostgreSQL would plan for tables that stay so.
        await connection.execute(f"VACUUM (ANALYZE, FREEZE) {', '.join(FILLED)}")


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(url, statement_seconds=None)
    try:
        await connection.execute("SET search_path TO registry")
        await connection.execute("SET session_replication_role TO replica")  # no triggers
        yield connection
    finally:
        await connection.close()


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
            *(made.tags, made.domains, made.licence, 1, made.stars),
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
