"""Reports that a worker is alive, so that people see which workers are there."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from mergehub import __version__
from mergehub.contracts.hardware import Hardware
from mergehub.contracts.worker_client import RunClient, RunClientError
from mergehub.contracts.workers import BEAT_SECONDS, WorkerBeat
from mergehub.kit.telemetry.loops import Loops, turned

from .slot import Slot

log = structlog.get_logger()


class Presence:
    """Reports the worker to the hub as long as it lives and all its `loops` run.

    Nothing depends on these reports, since leases protect the runs.
    """

    def __init__(self, slot: Slot, hardware: Hardware, client: RunClient, loops: Loops) -> None:
        self._slot = slot
        self._hardware = hardware
        self._client = client
        self._loops = loops

    async def run(self) -> None:
        """Report from time to time, for ever."""
        while True:
            turned()
            if faults := self._loops.faults():
                log.error("presence.withheld", faults=faults)
            else:
                await self._tell()
            await asyncio.sleep(BEAT_SECONDS)

    async def _tell(self) -> None:
        room = await asyncio.to_thread(self._slot.capacity)
        beat = WorkerBeat(hardware=self._hardware, capacity=room, version=__version__)
        try:
            await self._client.beat(self._slot.name, beat)
        except RunClientError as error:
            log.warning("presence.untold", error=str(error))

    async def end(self) -> None:
        """Report that the worker leaves; an unreachable hub will notice its silence."""
        with suppress(RunClientError):
            await self._client.leave(self._slot.name)
