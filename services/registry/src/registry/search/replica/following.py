"""Loads the catalogue from the tables, and brings it up to the present by the log of changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import asyncpg

from mergehub.kit.replica import log
from mergehub.kit.replica.heap import LARGE, give_back, prepare, settle
from registry.search.catalogue.catalogue import Catalogue, GrowingCatalogue
from registry.search.replica.rows import Rows, all_rows, entries_of, rows_of

KINDS = ("recipes",)

Known = Mapping[str, Mapping[int, float]]
"""What is known of recipes apart from their rows, by field and number."""


class Follower:
    """The catalogue of one load and of the changes since then."""

    def __init__(self, growing: GrowingCatalogue, place: log.Place) -> None:
        self._growing, self._place = growing, place
        self._changing = asyncio.Lock()
        self.state: Catalogue = growing.state(place.horizon, datetime.now(UTC))

    @classmethod
    async def load(cls, connection: asyncpg.Connection) -> Follower:
        """Read all recipes, as they are at one moment."""
        prepare()
        growing = GrowingCatalogue()
        async with log.moment(connection):
            place = log.Place(await log.horizon(connection))
            async for rows in all_rows(connection):
                await asyncio.to_thread(_put, growing, rows)
        give_back(LARGE)
        settle()
        return cls(growing, place)

    async def follow(self, connection: asyncpg.Connection) -> int:
        """Apply what was committed; how many changes that were. Raises AnotherDatabase."""
        applied, more = 0, True
        while more:
            async with log.moment(connection):
                now = datetime.now(UTC)
                found = await log.after(connection, self._place, KINDS)
                rows = await rows_of(connection, found.rows["recipes"])
            if found.transactions:
                async with self._changing:
                    await asyncio.to_thread(self._apply, rows, found.rows["recipes"])
                newest = 1 + max(self.state.as_of, *found.transactions.values())
                self.state = self._growing.state(newest, now)
            self._place = self._place.moved(found)
            applied, more = applied + len(found.transactions), found.more
        return applied

    async def learn(self, known: Known) -> None:
        """Set what is known of recipes apart from their rows."""
        async with self._changing:
            for field, values in known.items():
                await asyncio.to_thread(self._growing.learn, field, values)

    def _apply(self, rows: Rows, changed: Sequence[int]) -> None:
        entries = entries_of(rows)
        self._growing.put(entries)
        self._growing.remove(sorted(set(changed) - {entry.number for entry in entries}))


def _put(growing: GrowingCatalogue, rows: Rows) -> None:
    growing.put(entries_of(rows))
