"""Gives each model that changed the next position: a few statements within the database."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import NamedTuple

import asyncpg

from mergehub.kit.replica import log
from mergehub.kit.replica.log import AnotherDatabase, Changes, Place

FORGET = timedelta(hours=12)
"""The log is kept for a day. If so much of it was missed, all models get new positions."""
AT_ONCE = 20_000
KINDS = ("edges", "models")

_ALONE = "SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.feed'))"
_READ = "SELECT horizon, applied, filled, now() - read_at > $1 AS late FROM feed_place"
_BEGIN = """
INSERT INTO feed_place (id, horizon, filled) VALUES (1, $1, 0)
ON CONFLICT (id) DO UPDATE SET horizon = $1, applied = '{}', filled = 0, read_at = now()
"""
_WRITE = "UPDATE feed_place SET horizon = $1, applied = $2, filled = $3, read_at = now()"
_PLACE = """
INSERT INTO model_positions (model, position)
SELECT number, nextval('feed_positions') FROM ({models}) AS changed ORDER BY number
ON CONFLICT (model) DO UPDATE SET position = excluded.position
"""
_CHANGED = _PLACE.format(
    models="""
SELECT number FROM models WHERE alias_of IS NULL AND number IN (
  SELECT unnest($1::bigint[]) UNION SELECT child FROM edges WHERE id = ANY($2::bigint[]))
"""
)
_OTHERS = f"""
WITH found AS (
  SELECT number, alias_of FROM models WHERE number > $1 ORDER BY number LIMIT {AT_ONCE}
), placed AS ({_PLACE.format(models="SELECT number FROM found WHERE alias_of IS NULL")})
SELECT max(number) FROM found
"""  # noqa: S608 - the parts are constants


class _State(NamedTuple):
    place: Place
    filled: int | None


async def advance(connection: asyncpg.Connection) -> tuple[bool, bool]:
    """Give positions to some models that changed; returns whether any did, and if there are more.

    The transaction is the only one that does, so positions commit in their order.
    """
    async with connection.transaction():
        await connection.execute(_ALONE)
        state = await _state(connection)
        try:
            found = await log.after(connection, state.place, KINDS)
        except AnotherDatabase:  # perhaps from a backup
            await connection.execute(_BEGIN, await log.horizon(connection))
            return False, True
        if found.transactions:
            await connection.execute(_CHANGED, found.rows["models"], found.rows["edges"])
        filled = await _fill(connection, state.filled)
        await _write(connection, state, found, filled)
        return bool(found.transactions) or filled is not None, found.more or filled is not None


async def _state(connection: asyncpg.Connection) -> _State:
    """How far the log was read; the beginning, if it was not read for too long."""
    row = await connection.fetchrow(_READ, FORGET)
    if row is None or row["late"]:
        horizon = await log.horizon(connection)
        await connection.execute(_BEGIN, horizon)
        return _State(Place(horizon), 0)
    applied = {int(change): of for change, of in json.loads(row["applied"]).items()}
    return _State(Place(row["horizon"], applied), row["filled"])


async def _fill(connection: asyncpg.Connection, filled: int | None) -> int | None:
    """Place some models that no change in the log has named; the last one's number."""
    if filled is None:
        return None
    last: int | None = await connection.fetchval(_OTHERS, filled)
    return last


async def _write(
    connection: asyncpg.Connection, state: _State, found: Changes, filled: int | None
) -> None:
    place = state.place.moved(found)
    await connection.execute(_WRITE, place.horizon, json.dumps(dict(place.applied)), filled)
