"""How much work there is, by class of hardware."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.hardware import HARDWARE
from registry.runs import repository
from registry.runs.schemas import Queue


async def depths(session: AsyncSession) -> list[Queue]:
    """The depth of every class's queue, also of empty ones."""
    rows = await repository.depths(session)
    found = {hardware: (due, delayed, running) for hardware, due, delayed, running in rows}
    queues = []
    for hardware in HARDWARE:
        due, delayed, running = found.get(hardware, (0, 0, 0))
        queues.append(
            Queue(hardware=hardware, due=due, delayed=delayed, running=running, load=due + running)
        )
    return queues
