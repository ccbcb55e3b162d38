"""Stores statements as facts, a set at a time: the same fact twice is one."""

from __future__ import annotations

from sqlalchemy import text

ALONE = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.facts'))")
"""One transaction at a time adds facts: none sees another's half, and none waits in a circle."""

COLUMNS = {
    "fact": "uuid", "variant_id": "int", "setting_id": "int", "origin_id": "int",
    "source": "smallint", "value": "float8", "stderr": "float8", "count": "int",
    "limited": "boolean", "binary": "boolean", "seed": "bigint", "evaluated_at": "timestamptz",
    "created_at": "timestamptz", "run": "uuid", "doubt": "text", "claims": "text",
}  # fmt: skip
