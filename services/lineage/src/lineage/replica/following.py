"""Loads the graph from the tables, and brings it up to the present by the log of changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from lineage.memory.graph import Graph
from lineage.memory.growing import GrowingGraph
from lineage.replica.rows import Columns, ModelRows, read_edges, read_models
from mergehub.kit.replica import log
from mergehub.kit.replica.heap import give_back, prepare, settle
from mergehub.kit.replica.log import moment

KINDS = ("edges", "models")


class Follower:
    """The graph of one load and of the changes since then."""

    def __init__(self, growing: GrowingGraph, place: log.Place) -> None:
        self._growing = growing
        self._place = place
        self.graph: Graph = growing.graph(place.horizon)

    @property
    def state(self) -> Graph:
        """The graph."""
        return self.graph

    @classmethod
    async def load(cls, connection: asyncpg.Connection, beside: asyncpg.Connection) -> Follower:
        """Read all models and edges, as they are at one moment: over two connections at once."""
        prepare()
        growing = GrowingGraph()
        async with moment(connection):
            place = log.Place(await log.horizon(connection))
            async with _same_moment(beside, connection), asyncio.TaskGroup() as both:
                reading = both.create_task(read_edges(beside, growing.codes))
                models = await read_models(connection, growing.codes)
                await asyncio.to_thread(_put_models, growing, models)
                size = _bytes(models.columns)
                del models
                give_back(size)
        edges = reading.result()
        del reading
        size = _bytes(edges)
        give_back(size)
        await asyncio.to_thread(growing.load_edges, edges)
        follower = await asyncio.to_thread(cls, growing, place)
        give_back(size)
        settle()
        return follower

    async def follow(self, connection: asyncpg.Connection) -> int:
        """Apply what was committed; how many changes that were. Raises AnotherDatabase."""
        applied, more = 0, True
        while more:
            found, models, edges = await self._read(connection)
            if found.transactions:
                newest = 1 + max(self.graph.as_of, *found.transactions.values())
                self.graph = await asyncio.to_thread(
                    self._apply, models, edges, _missing(found.rows["edges"], edges), newest
                )
            self._place = self._place.moved(found)
            applied, more = applied + len(found.transactions), found.more
        return applied

    async def _read(
        self, connection: asyncpg.Connection
    ) -> tuple[log.Changes, ModelRows | None, Columns | None]:
        codes, models, edges = self._growing.codes, None, None
        async with moment(connection):
            found = await log.after(connection, self._place, KINDS)
            if found.rows["edges"]:
                edges = await read_edges(connection, codes, found.rows["edges"])
            wanted = set(found.rows["models"])
            wanted |= self._growing.unknown_models(edges) if edges else set()
            if wanted:
                models = await read_models(connection, codes, sorted(wanted))
        return found, models, edges

    def _apply(
        self, models: ModelRows | None, edges: Columns | None, withdrawn: list[int], as_of: int
    ) -> Graph:
        if models is not None:
            _put_models(self._growing, models)
        if edges is not None:
            self._growing.put_edges(edges)
        if withdrawn:
            self._growing.withdraw_edges(withdrawn)
        return self._growing.graph(as_of)


def _bytes(columns: Columns) -> int:
    return sum(column.nbytes for column in columns.values())


def _missing(wanted: list[int], edges: Columns | None) -> list[int]:
    """The ids of edges that changed and are not there: they were withdrawn."""
    return [] if edges is None else sorted(set(wanted).difference(edges["id"].tolist()))


@asynccontextmanager
async def _same_moment(
    beside: asyncpg.Connection, connection: asyncpg.Connection
) -> AsyncIterator[None]:
    """A transaction that sees what the one of the other connection sees."""
    snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
    async with moment(beside):
        await beside.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        yield


def _put_models(growing: GrowingGraph, models: ModelRows) -> None:
    places = growing.places_of_names(models.numbers, models.names)
    growing.put_models(models.numbers, places, models.columns)
