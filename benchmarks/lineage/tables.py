"""Fills lineage's tables with a made graph, by COPY and without the service's own write path."""

from __future__ import annotations

import io
import struct

import asyncpg
import numpy as np

from benchmarks.lineage.graph import ARCHITECTURES, DAYS, LICENCES, METHODS, RELATIONS, Made
from mergehub.kit.database.connections import connect

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
END = struct.pack(">h", -1)
ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("child_bytes", ">i4"),
        ("child", ">i8"),
        ("parent_bytes", ">i4"),
        ("parent", ">i8"),
        ("merge_bytes", ">i4"),
        ("merge", "u1"),
    ]
)

MODELS = """
INSERT INTO models (number, name, rank, architecture, parameters, licence, made_on, source)
OVERRIDING SYSTEM VALUE
SELECT number, 'maker-' || number % 50000 || '/model-' || number, number::bigint << 20,
  ($2::text[])[1 + number % cardinality($2::text[])], (1 + number % 70) * 1000000000,
  ($3::text[])[1 + (hashint4(number::int) & 1023) % cardinality($3::text[])],
  date '2023-06-01' + (number * $4 / $1)::int, 'bench'
FROM generate_series(0, $1::bigint - 1) AS number
"""
EDGES = """
INSERT INTO edges (child, parent, relation, role, method, weight, source, confidence, made_on)
SELECT child, parent,
  CASE WHEN merge THEN 'merge' ELSE ($1::text[])[1 + child % cardinality($1::text[])] END,
  CASE WHEN merge AND parent % 3 = 0 THEN 'base' ELSE 'ingredient' END,
  CASE WHEN merge THEN ($2::text[])[1 + child % cardinality($2::text[])] END,
  CASE WHEN merge THEN 0.1 + parent % 9 / 10.0 END, 'bench', 70,
  date '2023-06-01' + (child * $3 / $4)::int
FROM made
"""
NO_INDEXES = """
ALTER TABLE edges DROP CONSTRAINT uq_edges_ends_role
"""
INDEXES = """
ALTER TABLE edges ADD CONSTRAINT uq_edges_ends_role
  UNIQUE NULLS NOT DISTINCT (child, parent, child_revision, parent_revision, role)
"""
COUNTS = """
INSERT INTO model_counters
SELECT parent, count(DISTINCT child),
  count(DISTINCT child) FILTER (WHERE relation = 'merge' AND role = 'base'),
  count(DISTINCT child) FILTER (WHERE relation = 'merge' AND role = 'ingredient')
FROM edges GROUP BY parent
"""


async def fill(url: str, made: Made) -> None:
    """Write all models and edges of a graph into the tables, which are empty."""
    connection = await connect(url, statement_seconds=None)
    try:
        await connection.execute(
            "SET search_path = lineage; SET session_replication_role = replica"
        )
        await _write(connection, made)
        # as in tables that were filled long ago: else autovacuum would begin beside the questions
        await connection.execute("VACUUM (ANALYZE) models, edges, model_counters", timeout=900)
    finally:
        await connection.close()


async def _write(connection: asyncpg.Connection, made: Made) -> None:
    await connection.execute(
        "CREATE TEMPORARY TABLE made (child bigint, parent bigint, merge bool)"
    )
    await connection.copy_to_table("made", source=io.BytesIO(packed(made)), format="binary")
    await connection.execute(NO_INDEXES)
    await connection.execute(MODELS, made.models, ARCHITECTURES, LICENCES, DAYS, timeout=900)
    await connection.execute(EDGES, RELATIONS, METHODS, DAYS, made.models, timeout=900)
    await connection.execute(COUNTS, timeout=900)
    await connection.execute(INDEXES, timeout=900)
    await connection.execute(
        "SELECT setval(pg_get_serial_sequence('models', 'number'), $1)", made.models
    )


def packed(made: Made) -> bytes:
    """The edges in PostgreSQL's binary format of COPY."""
    rows = np.empty(made.child.size, ROW)
    rows["fields"], rows["child_bytes"], rows["parent_bytes"], rows["merge_bytes"] = 3, 8, 8, 1
    rows["child"], rows["parent"], rows["merge"] = made.child, made.parent, made.merge
    return HEADER + rows.tobytes() + END
