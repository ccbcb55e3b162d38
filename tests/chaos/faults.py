"""The faults, each of which undoes itself at its end."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import time
from contextlib import suppress

import psutil

from mergehub.contracts.runs import LEASE_SECONDS

from .disks import filled
from .watch import AWAY
from .world import World, down, prey, shut

PAST_THE_LEASE = LEASE_SECONDS + 8.0


async def kill(world: World, name: str, rng: random.Random) -> None:
    """kill -9."""
    if (pid := world.pid(name)) is not None:
        os.kill(pid, signal.SIGKILL)


async def kill_worker(world: World, name: str, rng: random.Random) -> None:
    """kill -9 of a worker, during a merge if it begins one soon."""
    await prey(world, name, writing=rng.random() < 0.7)
    await kill(world, name, rng)
    await bereave(world, name)


async def kill_child(world: World, name: str, rng: random.Random) -> None:
    """kill -9 of the process that does the work, as the kernel does when memory runs out."""
    child = await prey(world, name, writing=rng.random() < 0.5)
    if child is not None:
        with suppress(psutil.NoSuchProcess):
            child.kill()
            world.log.record("child killed", name=name, pid=child.pid)


async def bereave(world: World, name: str, quiet: bool = False) -> None:
    """Note the runs of a worker that died, and keep their journals open."""
    died = time.time()
    runs = await world.truth.held_by(name)
    entries = {run: world.journals.keep(run) for run in runs}
    world.log.record("bereaved", name=name, runs=runs, entries=entries, died=died, quiet=quiet)


async def drain_worker(world: World, name: str, rng: random.Random) -> None:
    """SIGTERM, as in a deployment: the worker returns its run and ends."""
    if (pid := world.pid(name)) is not None:
        os.kill(pid, signal.SIGTERM)


async def pause_worker(world: World, name: str, rng: random.Random) -> None:
    """SIGSTOP until its lease is long over and another worker has its run; then SIGCONT."""
    await prey(world, name, writing=rng.random() < 0.3)
    pid = world.pid(name)
    if pid is None:
        return
    os.kill(pid, signal.SIGSTOP)
    began, runs = time.time(), await world.truth.held_by(name)
    try:
        await asyncio.sleep(PAST_THE_LEASE)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        world.log.record("paused", name=name, runs=runs, began=began, ended=time.time())


async def restart_redis(world: World, name: str, rng: random.Random) -> None:
    """A new process with the data on disk."""
    await down(world, name, signal.SIGKILL, rng.uniform(0, 2))


async def empty_redis(world: World, name: str, rng: random.Random) -> None:
    """A new process without data."""
    data = world.stack.valkey.folder / "appendonlydir"
    await down(world, name, signal.SIGKILL, rng.uniform(0, 2), lambda: shutil.rmtree(data))


async def crash_postgres(world: World, name: str, rng: random.Random) -> None:
    """An immediate shutdown, with recovery from the log at the next start."""
    await down(world, name, signal.SIGQUIT, rng.uniform(0, 3))


async def end_connections(world: World, name: str, rng: random.Random) -> None:
    """Terminate every session, as an administrator does."""
    with suppress(*AWAY):  # our own session is among them
        await world.truth.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = "
            "'client backend'"
        )


async def slow(world: World, name: str, rng: random.Random) -> None:
    """Delay every chunk."""
    proxy = world.stack.network.proxies[name.removeprefix("network ")]
    proxy.delay = rng.uniform(0.05, 0.5)
    try:
        await asyncio.sleep(rng.uniform(2, 6))
    finally:
        proxy.delay = 0.0


async def cut(world: World, name: str, rng: random.Random) -> None:
    """Keep connections open, but let nothing through."""
    await shut(world, name, rng.uniform(1, 8), lambda proxy: [proxy.to_server, proxy.to_client])


async def lose_answers(world: World, name: str, rng: random.Random) -> None:
    """Requests arrive and take effect, but their answers are lost; then the connection breaks."""
    await shut(world, name, rng.uniform(0.5, 3), lambda proxy: [proxy.to_client], reset=True)


async def reset(world: World, name: str, rng: random.Random) -> None:
    """Break every connection."""
    await shut(world, name, 0, lambda proxy: [], reset=True)


async def fill_data(world: World, name: str, rng: random.Random) -> None:
    """Fill the disk of the stores, the artifacts and all logs.

    A store that another fault stops meanwhile could not start again.
    """
    async with world.locks["postgres"], world.locks["valkey"]:
        with filled(world.stack.folder):
            await asyncio.sleep(rng.uniform(5, 15))


async def fill_scratch(world: World, name: str, rng: random.Random) -> None:
    """Fill a worker's scratch disk."""
    with filled(world.stack.scratch[int(name.removeprefix("scratch "))]):
        await asyncio.sleep(rng.uniform(2, 6))
