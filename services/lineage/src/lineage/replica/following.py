"""Loads the graph from its snapshot or the tables, and then follows the log of changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg

from lineage.memory.graph import Graph
from lineage.memory.growing import GrowingGraph
from lineage.replica.rows import Columns, ModelRows, read_edges, read_models
from mergehub.columns.parts import Kept, Parts, below, within
from mergehub.columns.saving import Change, SavedFollower, newest_change
from mergehub.columns.snapshots import About, Snapshots
from mergehub.kit.replica import log
from mergehub.kit.replica.heap import give_back, prepare, settle
from mergehub.kit.replica.log import moment

KINDS = ("edges", "models")


class Follower(SavedFollower[Graph]):
    """The graph of one load and of the changes since then.

    - `index`: what a snapshot keeps beside the graph, made of the present one.
    - `kept_index`: that of the snapshot.
    """

    name, table = "graph", "models"

    def __init__(
        self,
        growing: GrowingGraph,
        place: log.Place,
        database: str | None = None,
        newest: Change | None = None,
        as_of: int | None = None,
    ) -> None:
        super().__init__(place, database, newest)
        self._growing = growing
        self.state: Graph = growing.graph(place.horizon if as_of is None else as_of)
        self.index: Callable[[], Parts] = dict
        self.kept_index: Kept = {}

    @property
    def graph(self) -> Graph:
        """The state."""
        return self.state

    @classmethod
    async def load(
        cls,
        connection: asyncpg.Connection,
        beside: asyncpg.Connection,
        snapshots: Snapshots | None = None,
    ) -> Follower:
        """Read the snapshot, or without one all models and edges, as they are at one moment."""
        prepare()
        database = await cls.identity(connection, snapshots)
        found = await cls.snapshot(connection, snapshots, database)
        if found is None:
            follower = await cls._of_tables(connection, beside, database)
            follower.unsaved = follower.sizes()[0]
        else:
            follower = await asyncio.to_thread(cls._kept, *found)
        settle()
        return follower

    @classmethod
    def _kept(cls, about: About, kept: Kept) -> Follower:
        growing = GrowingGraph.kept(below("graph", kept))
        follower = cls(growing, about.place, about.database, about.change, about.as_of)
        follower.kept_index = below("index", kept)
        return follower

    @classmethod
    async def _of_tables(
        cls, connection: asyncpg.Connection, beside: asyncpg.Connection, database: str | None
    ) -> Follower:
        """Read all models and edges over two connections at once."""
        growing = GrowingGraph()
        async with moment(connection):
            place = log.Place(await log.horizon(connection))
            newest = await newest_change(connection)
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
        follower = await asyncio.to_thread(cls, growing, place, database, newest)
        give_back(size)
        return follower

    def parts(self) -> Parts:
        return {**within("graph", self._growing.parts()), **within("index", self.index())}

    def sizes(self) -> tuple[int, int]:
        graph = self.state
        return graph.size + len(graph.edges.id), len(graph.withdrawn)

    async def follow(self, connection: asyncpg.Connection) -> int:
        """Apply what was committed; how many changes that were. Raises AnotherDatabase."""
        applied, more = 0, True
        while more:
            now = datetime.now(UTC)
            found, models, edges = await self._read(connection)
            async with self._changing:
                if found.transactions:
                    newest = 1 + max(self.state.as_of, *found.transactions.values())
                    self.state = await asyncio.to_thread(
                        self._apply, models, edges, _missing(found.rows["edges"], edges), newest
                    )
                self._moved(found, sum(map(len, found.rows.values())), now)
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
