"""The catalogue of faults, and the order in which they hit the stack.

A fault acts on one target at a time. While it lasts, no other fault hits the same target, so that
its end restores the target.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from . import faults
from .world import World

Act = Callable[[World, str, random.Random], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """One kind of fault: its possible targets, and what it does."""

    name: str
    targets: Callable[[World], list[str]]
    act: Act


def _programs(kind: str) -> Callable[[World], list[str]]:
    return lambda world: world.stack.names(kind)


def _only(*names: str) -> Callable[[World], list[str]]:
    return lambda world: list(names)


def _scratch(world: World) -> list[str]:
    return [f"scratch {n}" for n in range(len(world.stack.scratch)) if world.small_disks]


def _data(world: World) -> list[str]:
    return ["data"] if world.small_disks else []


_NETWORK = _only("network postgres", "network valkey", "network hub")
CATALOGUE = (
    Fault("kill API", _programs("api"), faults.kill),
    Fault("kill background", _programs("background"), faults.kill),
    Fault("kill worker", _programs("worker"), faults.kill_worker),
    Fault("kill child", _programs("worker"), faults.kill_child),
    Fault("drain worker", _programs("worker"), faults.drain_worker),
    Fault("pause worker past its lease", _programs("worker"), faults.pause_worker),
    Fault("restart Redis with its data", _only("valkey"), faults.restart_redis),
    Fault("restart Redis without its data", _only("valkey"), faults.empty_redis),
    Fault("stop PostgreSQL at once", _only("postgres"), faults.crash_postgres),
    Fault("terminate connections of PostgreSQL", _only("postgres"), faults.end_connections),
    Fault("delay", _NETWORK, faults.slow),
    Fault("cut", _NETWORK, faults.cut),
    Fault("lose answers", _NETWORK, faults.lose_answers),
    Fault("reset", _NETWORK, faults.reset),
    Fault("fill a scratch disk", _scratch, faults.fill_scratch),
    Fault("fill the data folder", _data, faults.fill_data),
)


def drawn(world: World, seed: int) -> Iterator[tuple[Fault, str, random.Random]]:
    """Endless faults: each kind once, in an order that the seed gives, then each kind again."""
    rng = random.Random(f"faults {seed}")
    while True:
        for fault in rng.sample(CATALOGUE, len(CATALOGUE)):
            own = random.Random(rng.random())  # so that no fault changes the next draws
            if targets := fault.targets(world):
                yield fault, own.choice(targets), own


async def storm(world: World, seed: int, seconds: float, longest_pause: float) -> None:
    """Let faults hit the stack for `seconds`; returns when all are undone."""
    mishaps = drawn(world, seed)
    if not world.small_disks:
        reason = "cannot mount a small disk here (only root can)"
        for fault in ("fill a scratch disk", "fill the data folder"):
            world.log.record("left out", fault=fault, reason=reason)
    async with asyncio.TaskGroup() as lasting:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for fault, target, rng in mishaps:
                    lock = world.locks[target]
                    await lock.acquire()
                    lasting.create_task(_befall(world, fault, target, rng, lock))
                    await asyncio.sleep(rng.uniform(0, longest_pause))


async def _befall(
    world: World, fault: Fault, target: str, rng: random.Random, lock: asyncio.Lock
) -> None:
    try:
        world.log.record("fault", fault=fault.name, target=target)
        await fault.act(world, target, rng)
        world.log.record("undone", fault=fault.name, target=target)
    finally:
        lock.release()
