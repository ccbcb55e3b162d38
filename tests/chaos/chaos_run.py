"""One chaos run from the first process to the verdict."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import acts, checker
from .disks import small_disks
from .evidence import Evidence, gather
from .history import History
from .journals import Journals
from .stack import WORKERS, Stack
from .waiting import beside
from .watch import Truth, watch_feed, watch_folders, watch_rows
from .world import World

DATA_SIZE = "768m,nr_inodes=20000"
QUIET_SECONDS = 180.0
TIDY_SECONDS = 90.0


@dataclass(frozen=True)
class Outcome:
    """The evidence of a run and its violations."""

    evidence: Evidence
    violations: list[str]


async def chaos(options: acts.Options, folder: Path, models: Path) -> Outcome:
    """Run the chaos in `folder`, a short path, with the models that `tiny` wrote.

    If it is interrupted or terminated, it first ends what it started.
    """
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    scratch = [folder / f"scratch-{number}" for number in range(WORKERS)]
    data = folder / "data"
    with (
        closing(History(folder / "history.jsonl")) as log,
        small_disks(scratch) as small,
        small_disks([data], DATA_SIZE) as small_data,
        _kept(data / "logs", folder / "logs"),
    ):
        stack = Stack(data, models, scratch, log)
        truth = Truth(stack.postgres.url)
        journals = Journals(stack.artifacts)
        world = World(stack, truth, log, journals, small and small_data)
        with stack.running():
            try:
                async with beside(stack.keep(random.Random(options.seed))):
                    evidence = await _play(world, options)
            finally:
                await truth.close()
                journals.close()
    return Outcome(evidence, checker.violations(evidence))


@contextmanager
def _kept(logs: Path, place: Path) -> Iterator[None]:
    """Copy the logs from a disk that is about to be removed."""
    try:
        yield
    finally:
        shutil.copytree(logs, place)


async def _play(world: World, options: acts.Options) -> Evidence:
    await world.stack.ready()
    watching = acts.client_of(world)
    async with beside(
        watch_rows(world.truth, world.log),
        watch_feed(watching, world.log),
        watch_folders(world.stack.artifacts, world.log),
    ):
        menu, calm = await acts.calm(world, options)
        with _noted(world, "did not come to their end"):
            async with asyncio.timeout(options.seconds + options.patience):
                await acts.stormy(world, options, menu)
                await acts.settled(world.truth)
        with _noted(world, "did not end after a quiet restart"):
            async with asyncio.timeout(QUIET_SECONDS):
                await acts.restarts(world, menu, options.restarts)
        with _noted(world, "left something behind"):
            async with asyncio.timeout(TIDY_SECONDS):
                await acts.tidy(world)
    await watching.close()
    await world.stack.ready()
    return await gather(world.stack, world.truth, world.log, world.journals, calm)


@contextmanager
def _noted(world: World, what: str) -> Iterator[None]:
    """Note what took too long; the checker reports it, since it knows the runs."""
    try:
        yield
    except TimeoutError:
        world.log.record("impatient", which=what)
