"""Reports that a worker is alive, so that people see which workers are there."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import structlog

from mergehub import __version__
from mergehub.backoff import Backoff
from mergehub.contracts.hardware import Hardware
from mergehub.contracts.worker_client import RunClient, RunClientError
from mergehub.contracts.workers import BEAT_SECONDS, SILENT_SECONDS, WorkerBeat
from mergehub.kit.telemetry.loops import Loops, turned

from .measures import Measures
from .slot import Slot

log = structlog.get_logger()

UNKNOWN = Backoff(first=0.2, longest=BEAT_SECONDS, jitter=0.5)
"""The pauses of a worker that the hub does not know yet: both may just have started."""


class Presence:
    """Reports the worker to the hub as long as it lives and all its `loops` run.

    Nothing depends on these reports, since leases protect the runs.
    """

    def __init__(
        self,
        slot: Slot,
        hardware: Hardware,
        client: RunClient,
        loops: Loops,
        measures: Measures,
    ) -> None:
        self._measures = measures
        self._accepted = 0.0
        self._why = "it has not reported yet"
        self._slot = slot
        self._hardware = hardware
        self._client = client
        self._loops = loops

    async def run(self) -> None:
        """Report from time to time, for ever, and more often while no report was accepted yet."""
        pauses = UNKNOWN.pauses()
        while True:
            turned()
            if faults := self._loops.faults():
                self._why = f"it withholds its report. {' '.join(faults)}".removesuffix(".")
                log.error("presence.withheld", faults=faults)
            else:
                await self._tell()
            self._measures.registered(not self.faults())
            await asyncio.sleep(BEAT_SECONDS if self._accepted else next(pauses))

    def faults(self) -> list[str]:
        """A sentence that says why the worker is not registered; none if it is."""
        if self._accepted and time.monotonic() - self._accepted < SILENT_SECONDS:
            return []
        return [f"The worker is not registered at the hub: {self._why}."]

    async def _tell(self) -> None:
        room = await asyncio.to_thread(self._slot.capacity)
        beat = WorkerBeat(
            hardware=self._hardware,
            capacity=room,
            version=__version__,
            pushes=self._slot.pushes,
        )
        try:
            await self._client.beat(self._slot.name, beat)
            self._accepted = time.monotonic()
        except RunClientError as error:
            self._why = f"the hub did not accept its report ({type(error).__name__})"
            log.warning("presence.untold", error=str(error))

    async def end(self) -> None:
        """Report that the worker leaves; an unreachable hub will notice its silence."""
        self._accepted, self._why = 0.0, "it is stopping"
        self._measures.registered(False)
        with suppress(RunClientError):
            await self._client.leave(self._slot.name)
