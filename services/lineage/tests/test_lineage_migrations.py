"""What was in the tables of an earlier version is there in today's, and back again."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from mergehub.kit.database.database import Database

BEFORE = """
INSERT INTO models (id, name, children_count) VALUES
  ('00000000-0000-0000-0000-00000000000a', 'base', 2),
  ('00000000-0000-0000-0000-00000000000b', 'tuned', 1),
  ('00000000-0000-0000-0000-00000000000c', 'soup', 0);
INSERT INTO model_names (model_id, name) SELECT id, name FROM models;
INSERT INTO model_names (model_id, name) VALUES
  ('00000000-0000-0000-0000-00000000000a', 'BASE');
INSERT INTO revisions (id, model_id, digest) VALUES
  ('00000000-0000-0000-0000-0000000000a0', '00000000-0000-0000-0000-00000000000a', NULL),
  ('00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-00000000000b', 'sha256:b'),
  ('00000000-0000-0000-0000-0000000000b0', '00000000-0000-0000-0000-00000000000b', NULL),
  ('00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-00000000000c', 'sha256:c');
INSERT INTO edges (child_id, child_revision_id, parent_id, parent_revision_id, relation, role,
  method, weight, layers, source, created_at)
SELECT child.model_id, child.id, parent.model_id, parent.id, relation, role, 'ties', 0.5,
  '[[0, 4]]', 'registry', '2026-05-01T12:00:00Z'
FROM (VALUES (1, 'c1', 'b1', 'merge', 'ingredient'), (2, 'c1', 'b1', 'finetune', 'ingredient'),
  (3, 'c1', 'a0', 'merge', 'base'), (4, 'b0', 'a0', 'adapter', 'base')
) AS told (place, one, two, relation, role)
JOIN revisions AS child ON child.id::text LIKE '%' || one
JOIN revisions AS parent ON parent.id::text LIKE '%' || two
ORDER BY place;
INSERT INTO refused_edges (child_id, parent_id, relation, role, source, reason) VALUES
  ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000c', 'merge', 'base',
   'registry', 'a cycle');
"""
NOW = """
SELECT child.name, parent.name, own.digest, others.digest, relation, role, method, weight,
  edges.source, confidence, edges.made_on::text, parent.rank < child.rank
FROM edges
JOIN models AS child ON child.number = edges.child
JOIN models AS parent ON parent.number = edges.parent
LEFT JOIN revisions AS own ON own.id = child_revision
LEFT JOIN revisions AS others ON others.id = parent_revision
ORDER BY edges.id
"""
THEN = """
SELECT child.name, parent.name, own.digest, others.digest, relation, role
FROM edges
JOIN models AS child ON child.id = edges.child_id
JOIN models AS parent ON parent.id = edges.parent_id
JOIN revisions AS own ON own.id = child_revision_id AND own.model_id = child.id
JOIN revisions AS others ON others.id = parent_revision_id AND others.model_id = parent.id
ORDER BY edges.id
"""


def _to(revision: str, connection: Connection, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", "lineage:migrations")
    config.attributes.update(connection=connection, schema="lineage")
    (command.downgrade if down else command.upgrade)(config, revision)


async def test_edges_join_numbers_and_claim_no_unknown_revision(database_of):
    database = Database(await database_of("lineage_numbers"), "lineage")
    async with database.engine.begin() as connection:

        async def rows(query: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in await connection.execute(text(query))]

        await connection.execute(text("CREATE SCHEMA lineage"))
        await connection.run_sync(lambda at: _to("0004", at))
        for statement in BEFORE.split(";\n"):
            if statement.strip():
                await connection.exec_driver_sql(statement)
        await connection.run_sync(lambda at: _to("0005", at))
        rest = ("registry", 100, "2026-05-01", True)
        assert await rows(NOW) == [
            ("soup", "tuned", "sha256:c", "sha256:b", "merge", "ingredient", "ties", 0.5, *rest),
            ("soup", "base", "sha256:c", None, "merge", "base", "ties", 0.5, *rest),
            ("tuned", "base", None, None, "adapter", "base", "ties", 0.5, *rest),
        ]
        assert await rows("SELECT name FROM model_names") == [("BASE",)]
        assert await rows("SELECT digest FROM revisions ORDER BY digest") == [
            ("sha256:b",), ("sha256:c",),
        ]  # fmt: skip
        refused = "SELECT c.name, p.name FROM refused_edges JOIN models AS {0} ON {0}.{1}"
        on = refused.format("c", "number = child") + " JOIN models AS p ON p.number = parent"
        assert await rows(on) == [("base", "soup")]

        await connection.run_sync(lambda at: _to("0004", at, down=True))
        assert await rows(THEN) == [
            ("soup", "tuned", "sha256:c", "sha256:b", "merge", "ingredient"),
            ("soup", "base", "sha256:c", None, "merge", "base"),
            ("tuned", "base", None, None, "adapter", "base"),
        ]
        names = await rows("SELECT name FROM model_names ORDER BY name")
        assert names == [("BASE",), ("base",), ("soup",), ("tuned",)]
    await database.close()


async def test_what_was_counted_since_stays_when_the_counters_go_back(database_of):
    database = Database(await database_of("lineage_counters"), "lineage")
    async with database.engine.connect() as connection:

        async def done(statement: str) -> Sequence[tuple[object, ...]]:
            found = await connection.execute(text(statement))
            rows = [tuple(row) for row in found] if found.returns_rows else []
            await connection.commit()
            return rows

        await done("CREATE SCHEMA lineage")
        await connection.run_sync(lambda at: _to("0016", at))
        model = "INSERT INTO models (name, children_count, base_count) VALUES ('base', 2, 1)"
        [(number,)] = await done(f"{model} RETURNING number")
        await connection.run_sync(lambda at: _to("0017", at))
        await done(f"INSERT INTO model_counters VALUES ({number}, 5, 0, 4)")
        await connection.run_sync(lambda at: _to("0016", at, down=True))
        counters = "SELECT children_count, base_count, ingredient_count FROM models"
        assert await done(counters) == [(7, 1, 4)]
    await database.close()
