"""Watch the stack all the time: the rows of runs, the feed of events, the models on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import asyncpg

from merge_worker.child.identity import produced_digest
from merge_worker.engine import EngineError, digest_of_folder

from .clients import Client
from .history import History

ROWS_SECONDS = 0.1
FEED_SECONDS = 1.0
FOLDERS_SECONDS = 0.2
COLUMNS = "id::text AS run, state, fence, attempt, worker, revision, error ->> 'code' AS error"
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Truth:
    """A direct connection to PostgreSQL, past the faulty network."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()

    async def fetch(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query. Raises one of AWAY while there is no server."""
        async with self._lock:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self._url, timeout=5)
            try:
                rows = await self._connection.fetch(query, *values, timeout=10)
            except BaseException:  # a query that was cut short may leave it unusable
                self._connection.terminate()
                raise
            return [dict(row) for row in rows]

    async def held_by(self, worker: str) -> list[str]:
        """The runs that a worker holds; empty while there is no server."""
        query = "SELECT id::text FROM registry.runs WHERE state = 'running' AND worker = $1"
        try:
            return [row["id"] for row in await self.fetch(query, worker)]
        except AWAY:
            return []

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()


async def watch_rows(truth: Truth, log: History) -> None:
    """Note every row of a run that has changed since the last look."""
    seen: dict[str, int] = {}
    while True:
        try:
            rows = await truth.fetch(f"SELECT {COLUMNS} FROM registry.runs")
        except AWAY:
            rows = []
        for row in rows:
            if seen.get(row["run"]) != row["revision"]:
                seen[row["run"]] = row["revision"]
                log.record("row", **row)
        await asyncio.sleep(ROWS_SECONDS)


async def watch_feed(client: Client, log: History) -> None:
    """Read the feed of events as a consumer does, and note each event's number."""
    after = 0
    while True:
        page = await client.get("/v1/events", after=after, limit=100)
        if page["items"]:
            events = {event["sequence"]: event["id"] for event in page["items"]}
            log.record("feed", after=after, events=events)
        after = page["next_after"]
        if not page["has_more"]:
            await asyncio.sleep(FEED_SECONDS)


async def watch_folders(artifacts: Path, log: History) -> None:
    """Check every model as soon as it becomes visible."""
    seen: set[str] = set()
    while True:
        for name in await asyncio.to_thread(visible, artifacts):
            if name not in seen:
                seen.add(name)
                fault = await asyncio.to_thread(fault_of, artifacts / "runs" / name)
                log.record("visible", run=name, fault=fault)
        await asyncio.sleep(FOLDERS_SECONDS)


def visible(artifacts: Path) -> list[str]:
    """The names of the models that are visible to all."""
    runs = artifacts / "runs"
    if not runs.is_dir():
        return []
    return sorted(path.name for path in runs.iterdir() if not path.name.endswith(".partial"))


def fault_of(folder: Path) -> str | None:
    """The fault of a model on disk; None if its tensors are those of its manifest."""
    try:
        promised, found = produced_digest(folder), digest_of_folder(folder)
    except (OSError, ValueError, KeyError, EngineError) as error:
        gone = not folder.exists()  # the model of a cancelled run is removed
        return None if gone else f"{type(error).__name__}: {error}"
    return None if promised == found else f"its tensors are {found}, its manifest says {promised}"
