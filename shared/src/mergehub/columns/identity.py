"""Which database a snapshot is of: its cluster, its history, and the tables in it."""

from __future__ import annotations

import asyncpg

_DATABASE = """
SELECT concat_ws('/', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
  (SELECT oid FROM pg_database WHERE datname = current_database()),
  $1::regclass::oid, 'changes'::regclass::oid)
FROM pg_control_system()
"""


async def database_of(connection: asyncpg.Connection, table: str) -> str | None:
    """What no other database with this table has, nor a restored one. None: it does not say.

    A restored copy of a cluster has a history (timeline) of its own, and restored tables have
    other numbers (oid).
    """
    try:
        found: str = await connection.fetchval(_DATABASE, table)
    except asyncpg.InsufficientPrivilegeError:
        return None
    return found
