"""Migrations with data: stored rows are still valid afterwards, and after the way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from migrating import to
from sqlalchemy import text

from mergehub.kit.database.database import Database
from mergehub.kit.identity.tokens import hash_token
from registry.tokens.authenticator import TableAuthenticator

BEFORE_ACCOUNTS = (
    """INSERT INTO tokens (id, name, hash, hint, scopes, created_by)
       SELECT gen_random_uuid(), name, name, '…', ARRAY[scope], 'settings' FROM (VALUES
       ('owner', 'admin'), ('worker', 'worker'), ('service', 'tokens:introspect'),
       ('ci', 'runs:submit')) AS held (name, scope)""",
    """INSERT INTO recipes (id, owner, name, title, description, tags, domains, newest)
       VALUES (gen_random_uuid(), 'local', 'soup', 'Soup', '', '{}', '{}', 1)""",
    """INSERT INTO recipe_versions
       (id, recipe_id, number, digest, method, ingredients, source, canonical)
       SELECT gen_random_uuid(), id, 1, 'd', 'linear', '{}', '', '{}' FROM recipes""",
    """INSERT INTO runs
       (id, kind, state, hardware, timeout_seconds, spec, max_attempts, due_at)
       SELECT gen_random_uuid(), 'merge', 'queued', 'cpu', 1,
       jsonb_build_object('recipe_version', id), 1, now() FROM recipe_versions""",
    """INSERT INTO webhook_endpoints (id, url, description, types, ordered, secret)
       VALUES (gen_random_uuid(), 'https://x.example', '', '{}', false, 's')""",
)
INSERT = text("INSERT INTO tokens (id, name, hash, scopes) VALUES (gen_random_uuid(), :n, :h, :s)")


async def test_webhooks_from_before_their_secrets_were_sealed_stay_as_they_were(
    database_of: Callable[[str], Awaitable[str]],
) -> None:
    database = Database(await database_of("migrated"), "registry")
    made = "gen_random_uuid(), 'https://example.com/', '', '{}', false"
    columns = "id, url, description, types, ordered"
    kept = "SELECT count(*), min(secret) FROM webhook_endpoints"
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA registry"))
        await connection.run_sync(to("0005"))
        old = f"INSERT INTO webhook_endpoints ({columns}, secret) VALUES ({made}, 'whsec_old')"
        await connection.execute(text(old))
        await connection.run_sync(to("head"))
        signed = await connection.execute(text("SELECT signature, secret FROM webhook_endpoints"))
        assert signed.all() == [("v1", "whsec_old")]
        for signature, secret, key in (("v1", "sealed:1:x", "NULL"), ("v1a", "sealed:1:y", "'k'")):
            new = f"({columns}, owner, signature, secret, public_key)"
            values = f"({made}, 'local', '{signature}', '{secret}', {key})"
            await connection.execute(text(f"INSERT INTO webhook_endpoints {new} VALUES {values}"))
        await connection.run_sync(to("0005", down=True))  # which could not read a sealed secret
        assert (await connection.execute(text(kept))).one() == (1, "whsec_old")
    await database.close()


async def test_tokens_from_before_they_could_be_revoked_stay_valid(
    database_of: Callable[[str], Awaitable[str]],
) -> None:
    database = Database(await database_of("migrated"), "registry")
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA registry"))
        await connection.run_sync(to("0003"))
        row = {"n": "owner", "h": hash_token("mgh_old"), "s": ["admin"]}
        await connection.execute(INSERT, row)
    for _ in range(2):
        async with database.engine.begin() as connection:
            await connection.run_sync(to("head"))
        table = TableAuthenticator(database)
        holder = await table.principal("mgh_old")
        await table.settle()
        assert holder is not None
        assert (holder.name, holder.scopes) == ("owner", frozenset({"admin"}))
        async with database.engine.begin() as connection:
            await connection.run_sync(to("0003", down=True))
            found = await connection.scalar(text("SELECT name FROM tokens"))
            assert found == "owner"
    await database.close()


async def test_scopes_that_opened_nothing_are_dropped_from_tokens(
    database_of: Callable[[str], Awaitable[str]],
) -> None:
    database = Database(await database_of("scopes"), "registry")
    held = {"ci": ["results:write", "runs:submit", "lineage:write"], "old": ["lineage:write"]}
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA registry"))
        await connection.run_sync(to("0003"))
        for name, scopes in held.items():
            row = {"n": name, "h": hash_token(name), "s": scopes}
            await connection.execute(INSERT, row)
        await connection.run_sync(to("head"))
        kept = await connection.execute(text("SELECT name, scopes FROM tokens ORDER BY name"))
        assert [tuple(row) for row in kept] == [("ci", ["runs:submit"]), ("old", [])]
    await database.close()


async def test_what_was_there_before_accounts_belongs_to_whoever_runs_the_hub(
    database_of: Callable[[str], Awaitable[str]],
) -> None:
    database = Database(await database_of("owned"), "registry")
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA registry"))
        await connection.run_sync(to("0005"))
        for statement in BEFORE_ACCOUNTS:
            await connection.execute(text(statement))
    async with database.engine.begin() as connection:
        await connection.run_sync(to("head"))
        for table in ("recipes", "runs", "webhook_endpoints"):
            assert await connection.scalar(text(f"SELECT owner FROM {table}")) == "local"
        sources = "SELECT sources = ARRAY(SELECT id FROM recipes) FROM runs"
        assert await connection.scalar(text(sources))
        held = await connection.execute(text("SELECT name, account FROM tokens ORDER BY name"))
        assert [tuple(row) for row in held] == [
            ("ci", "local"), ("owner", "local"), ("service", None), ("worker", None),
        ]  # fmt: skip
        await connection.run_sync(to("0005", down=True))
        assert await connection.scalar(text("SELECT owner FROM recipes")) == "local"
    await database.close()


async def test_recipes_from_before_they_had_numbers_get_one_each(
    database_of: Callable[[str], Awaitable[str]],
) -> None:
    database = Database(await database_of("numbered"), "registry")
    made = "gen_random_uuid(), 'local', name, '', '', '{}', '{}', 1"
    columns = "id, owner, name, title, description, tags, domains, newest"
    names = "(VALUES ('one'), ('two')) AS recipes (name)"
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA registry"))
        await connection.run_sync(to("0014"))
        await connection.execute(
            text(f"INSERT INTO recipes ({columns}) SELECT {made} FROM {names}")
        )
        await connection.run_sync(to("head"))
        numbers = await connection.scalars(text("SELECT number FROM recipes ORDER BY number"))
        assert numbers.all() == [1, 2]
        late = made.replace("name", "'three'")
        await connection.execute(text(f"INSERT INTO recipes ({columns}) SELECT {late}"))
        assert await connection.scalar(text("SELECT max(number) FROM recipes")) == 3
        await connection.run_sync(to("0014", down=True))
        assert await connection.scalar(text("SELECT count(*) FROM recipes")) == 3
    await database.close()
