"""The log of changes, and how far a replica has followed it.

A service's table `changes` has a row for each transaction that changed something: its `id`, the
transaction `xid`, and for each kind of row an array of those that were added or changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

AT_ONCE = 50  # a change may have ten thousand rows

HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
AFTER = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, changes.id,
  changes.xid::text AS xid, {kinds}
FROM (SELECT) AS once
LEFT JOIN changes ON changes.xid >= $1::text::xid8 AND NOT changes.id = ANY($2)
ORDER BY changes.id
LIMIT $3
"""


class AnotherDatabase(Exception):
    """The log has gone back: the database was replaced, perhaps by a backup."""


@dataclass(frozen=True)
class Place:
    """How far the log has been followed.

    - `horizon`: all transactions before this one have ended, and their changes were applied.
    - `applied`: changes of transactions from there on that were applied as well, with the
      transaction of each. So a change need not wait for older transactions that still run.
    """

    horizon: int
    applied: Mapping[int, int] = field(default_factory=dict)

    def moved(self, found: Changes) -> Place:
        """The place after the changes that were found here."""
        applied = {**self.applied, **found.transactions}
        if found.more:
            return Place(self.horizon, applied)
        later = {change: of for change, of in applied.items() if of >= found.horizon}
        return Place(found.horizon, later)


@dataclass(frozen=True)
class Changes:
    """Changes that a replica has not applied, `transactions` by the id of each.

    - `rows`: by kind, the numbers of the rows that were added or changed, sorted.
    - `more`: there may be others.
    """

    horizon: int
    transactions: Mapping[int, int]
    rows: Mapping[str, list[int]]
    more: bool


async def horizon(connection: asyncpg.Connection) -> int:
    """The oldest transaction that still ran when the snapshot was taken, or the next one."""
    return int(await connection.fetchval(HORIZON))


async def after(connection: asyncpg.Connection, place: Place, kinds: Sequence[str]) -> Changes:
    """The changes that the snapshot sees and that were not applied. Raises AnotherDatabase."""
    query = AFTER.format(kinds=", ".join(f"changes.{kind}" for kind in kinds))
    rows = await connection.fetch(query, str(place.horizon), list(place.applied), AT_ONCE)
    changes = [row for row in rows if row["id"] is not None]
    found = Changes(
        int(rows[0]["horizon"]),
        {row["id"]: int(row["xid"]) for row in changes},
        {kind: sorted({each for row in changes for each in row[kind]}) for kind in kinds},
        more=len(changes) == AT_ONCE,
    )
    if found.horizon < place.horizon:
        raise AnotherDatabase
    return found


def moment(connection: asyncpg.Connection) -> asyncpg.transaction.Transaction:
    """A transaction whose statements all see the same state."""
    return connection.transaction(isolation="repeatable_read", readonly=True)
