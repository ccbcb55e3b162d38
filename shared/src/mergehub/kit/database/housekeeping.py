"""Housekeeping: what nobody waits for, such as forgetting what was kept for long enough.

A noun declares its tasks as `TASKS` in a module `housekeeping` of its folder, and they are done.
"""

from __future__ import annotations

import asyncio
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import Database, only_one
from mergehub.kit.telemetry.loops import turned

log = structlog.get_logger()

Work = Callable[[AsyncSession], Awaitable[int]]


@dataclass(frozen=True)
class Task:
    """`work` is done in a transaction of its own, and returns how many rows it changed.

    One that changes `batch` rows at most is called again at once where it changed as many.
    """

    name: str
    work: Work
    batch: int | None = None


def tasks_of(package: ModuleType) -> Iterator[Task]:
    """The tasks that the folders of a package declare, at whatever depth."""
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if found.ispkg:
            yield from tasks_of(import_module(found.name))
        elif found.name.endswith(".housekeeping"):
            yield from import_module(found.name).TASKS


class Housekeeping:
    """Does every task once a minute. Of the replicas, one does a task at a time.

    A task that fails or hangs is logged and tried again a minute later; the others go on.
    """

    EVERY_SECONDS = 60.0
    TASK_SECONDS = 30.0
    BATCHES = 100  # of a task at a time, so that one that never comes to an end holds up no other

    def __init__(self, database: Database, tasks: Iterable[Task]) -> None:
        self._database = database
        self._tasks = tuple(tasks)

    async def run(self) -> None:
        """Keep house for ever, at once and then every minute."""
        while True:
            await self.keep()
            turned(self.EVERY_SECONDS + self.TASK_SECONDS)
            await asyncio.sleep(self.EVERY_SECONDS)

    async def keep(self) -> None:
        """Do every task once, and those with more to do again, in turns."""
        left: Sequence[Task] = self._tasks
        for _ in range(self.BATCHES):
            left = [task for task in left if await self._calmly(task)]

    async def _calmly(self, task: Task) -> bool:
        """Do a task, whatever it raises; returns whether there is more to do at once."""
        turned()
        try:
            async with asyncio.timeout(self.TASK_SECONDS):
                rows = await self._do(task)
            return rows > 0 and rows == task.batch
        except Exception as error:
            with suppress(Exception):  # a log that cannot be written keeps no task from its turn
                told = f"{type(error).__name__}: {error}"
                log.warning("housekeeping.failed", task=task.name, error=told)
            return False

    async def _do(self, task: Task) -> int:
        async with self._database.transaction() as session:
            if not await only_one(session, f"housekeeping:{self._database.schema}:{task.name}"):
                return 0
            return await task.work(session)
