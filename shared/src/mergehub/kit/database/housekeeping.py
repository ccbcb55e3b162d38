"""Housekeeping: work that no request waits for, such as deleting what is old enough.

A noun declares its tasks as `TASKS` in the module `housekeeping` of its folder; they are found
there.
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
    """A task. `work` runs in a transaction of its own and returns how many rows it changed.

    With a `batch`, the task runs again at once if it changed that many rows.
    """

    name: str
    work: Work
    batch: int | None = None


def tasks_of(package: ModuleType) -> Iterator[Task]:
    """The tasks that the folders of a package declare, at any depth."""
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if found.ispkg:
            yield from tasks_of(import_module(found.name))
        elif found.name.endswith(".housekeeping"):
            yield from import_module(found.name).TASKS


class Housekeeping:
    """Runs every task once a minute. Only one replica runs a task at a time.

    A task that fails or hangs is logged and tried again a minute later; the others continue.
    """

    EVERY_SECONDS = 60.0
    TASK_SECONDS = 30.0
    BATCHES = 100  # the most of a task in a row, so that an endless one does not hold up others

    def __init__(self, database: Database, tasks: Iterable[Task]) -> None:
        self._database = database
        self._tasks = tuple(tasks)

    async def run(self) -> None:
        """Run the tasks at once and then every minute, for ever."""
        while True:
            await self.keep()
            turned(self.EVERY_SECONDS + self.TASK_SECONDS)
            await asyncio.sleep(self.EVERY_SECONDS)

    async def keep(self) -> None:
        """Run every task once, then repeat in turns those that have more to do."""
        left: Sequence[Task] = self._tasks
        for _ in range(self.BATCHES):
            left = [task for task in left if await self._calmly(task)]

    async def _calmly(self, task: Task) -> bool:
        """Run a task and log its errors; returns whether it has more to do at once."""
        turned()
        try:
            async with asyncio.timeout(self.TASK_SECONDS):
                rows = await self._do(task)
            return rows > 0 and rows == task.batch
        except Exception as error:
            with suppress(Exception):  # a log that cannot be written must not stop other tasks
                told = f"{type(error).__name__}: {error}"
                log.warning("housekeeping.failed", task=task.name, error=told)
            return False

    async def _do(self, task: Task) -> int:
        async with self._database.transaction() as session:
            if not await only_one(session, f"housekeeping:{self._database.schema}:{task.name}"):
                return 0
            return await task.work(session)
