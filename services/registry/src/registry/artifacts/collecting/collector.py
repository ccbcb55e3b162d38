"""The loop that marks models, removes the files of condemned ones, and reads those of old ones."""

from __future__ import annotations

import asyncio
from uuid import UUID

import structlog

from mergehub.artifacts import ArtifactStore, Damaged, NotStored, StoreFault
from mergehub.kit.database.database import Database, only_one
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.loops import turned
from registry.artifacts.collecting import reading, service

log = structlog.get_logger()

PAUSE_SECONDS = 60.0
STORE_SECONDS = 3600.0  # for a large model in a slow store


class Collector:
    """Does what has to be done about stored models; without a store it does nothing."""

    def __init__(self, database: Database, settings: ServiceSettings) -> None:
        self._database = database
        self._settings = settings

    async def run(self) -> None:
        """Collect at once and then every minute, for ever."""
        while True:
            turned(PAUSE_SECONDS + STORE_SECONDS)
            try:
                await self.collect()
            except (StoreFault, OSError) as error:  # the next try may succeed
                log.warning("artifacts.kept", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(PAUSE_SECONDS)

    async def collect(self) -> None:
        """Collect once. Raises StoreFault and OSError."""
        store = await asyncio.to_thread(self._settings.open_store)
        if store is None:
            return
        async with self._database.transaction() as session:
            if await only_one(session, f"{self._database.schema}:artifacts"):
                await service.mark(session, self._settings.retention)
        async with self._database.transaction() as session:
            condemned = await service.condemn(session)
        for run_id in condemned:
            await self._remove(store, run_id)
        await self._read(store)

    async def _remove(self, store: ArtifactStore, run_id: UUID) -> None:
        turned(STORE_SECONDS)
        await asyncio.to_thread(store.remove, run_id)
        async with self._database.transaction() as session:
            await service.note_gone(session, run_id)
        log.info("artifact.removed", run=str(run_id))

    async def _read(self, store: ArtifactStore) -> None:
        """Note the files of models whose workers did not report them."""
        async with self._database.transaction() as session:
            unread = await reading.unread(session)
        for run_id in unread:
            turned(STORE_SECONDS)
            try:
                record = await asyncio.to_thread(store.record, run_id)
            except (NotStored, Damaged, ValueError) as error:
                log.warning("artifact.unread", run=str(run_id), error=str(error))
                continue
            async with self._database.transaction() as session:
                await reading.note(session, record)
