"""Loads the facts from the tables, and brings them up to the present by the log of changes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg

from leaderboard.memory import reading
from leaderboard.memory.facts import Facts
from leaderboard.memory.growing.facts import GrowingFacts
from mergehub.kit.replica import log
from mergehub.kit.replica.heap import give_back, prepare, settle

KINDS = ("results", "models")


class Follower:
    """The facts of one load and of the changes since then."""

    def __init__(self, growing: GrowingFacts, place: log.Place) -> None:
        self._growing = growing
        self._place = place
        self.facts: Facts = growing.facts(place.horizon, datetime.now(UTC))

    @property
    def state(self) -> Facts:
        """The facts."""
        return self.facts

    @classmethod
    async def load(cls, connection: asyncpg.Connection) -> Follower:
        """Read everything, as it is at one moment."""
        prepare()
        growing = GrowingFacts()
        async with log.moment(connection):
            place = log.Place(await log.horizon(connection))
            models = await reading.models(connection)
            growing.put_settings(await reading.settings(connection))
            variants = await reading.variants(connection)
            _, results = await asyncio.gather(
                asyncio.to_thread(_put, growing, models, variants),
                reading.all_results(connection),
            )
            del models, variants
        await asyncio.to_thread(growing.put_results, results)
        freed = sum(column.nbytes for column in results.values())
        del results
        give_back(freed)
        follower = cls(growing, place)
        settle()
        return follower

    async def follow(self, connection: asyncpg.Connection) -> int:
        """Apply what was committed; how many changes that were. Raises AnotherDatabase."""
        applied, more = 0, True
        while more:
            async with log.moment(connection):
                now = datetime.now(UTC)
                found = await log.after(connection, self._place, KINDS)
                if found.transactions:
                    await self._apply(connection, found)
            if found.transactions:
                newest = 1 + max(self.facts.as_of, *found.transactions.values())
                self.facts = self._growing.facts(newest, now)
            self._place = self._place.moved(found)
            applied, more = applied + len(found.transactions), found.more
        return applied

    async def _apply(self, connection: asyncpg.Connection, found: log.Changes) -> None:
        rows = await reading.results_with(connection, found.rows["results"])
        await self._learn_what_they_need(connection, rows, set(found.rows["models"]))
        await asyncio.to_thread(self._growing.put_results, rows)
        gone = sorted(set(found.rows["results"]).difference(rows["id"].tolist()))
        pairs = await asyncio.to_thread(self._growing.take_out, gone) if gone else []
        if pairs:
            older = await reading.results_of(connection, pairs)
            await asyncio.to_thread(self._growing.put_results, older)

    async def _learn_what_they_need(
        self, connection: asyncpg.Connection, rows: reading.Columns, changed: set[int]
    ) -> None:
        """Read the models that changed and are here, and what results name that is not here."""
        settings = sorted(set(rows["setting"].tolist()))
        self._growing.put_settings(await reading.settings(connection, settings))
        new = self._growing.unknown_variants(rows)
        variants = await reading.variants(connection, new) if new else []
        known = changed - self._growing.unknown_models(({"id": id} for id in changed), "id")
        wanted = known | self._growing.unknown_models(variants, "model_id")
        while wanted:
            models = await reading.models(connection, sorted(wanted))
            parents = self._growing.unknown_models(models.parents, "parent") - wanted
            if parents:  # they come first
                wanted |= parents
                continue
            await asyncio.to_thread(self._growing.put_models, models.models, models.parents)
            break
        self._growing.put_variants(variants)


def _put(
    growing: GrowingFacts, models: reading.ModelRows, variants: Sequence[asyncpg.Record]
) -> None:
    growing.put_models(models.models, models.parents)
    growing.put_variants(variants)
