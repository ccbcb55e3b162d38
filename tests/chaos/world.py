"""The world that faults act on, and the steps that faults are made of."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from .history import History
from .journals import Journals
from .proxy import Proxy
from .stack import Stack
from .waiting import until
from .watch import Truth

PREY_SECONDS = 3.0
GLANCE_SECONDS = 0.03


@dataclass
class World:
    """The stack under test, the truth about it, and the history of faults."""

    stack: Stack
    truth: Truth
    log: History
    journals: Journals
    small_disks: bool
    locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def pid(self, name: str) -> int | None:
        """The process of a part; None while it is down."""
        part = self.stack.parts[name]
        return part.pid if part.poll() is None else None


async def down(
    world: World,
    name: str,
    number: signal.Signals,
    seconds: float,
    meanwhile: Callable[[], Any] = lambda: None,
) -> None:
    """Stop a store, keep it down for a while, and wait until it answers again."""
    part = world.stack.stores[name]

    async def ended() -> bool:
        return part.poll() is not None

    world.stack.held.add(name)
    try:
        if (pid := world.pid(name)) is not None:
            os.kill(pid, number)
        await until(ended, GLANCE_SECONDS)
        meanwhile()
        await asyncio.sleep(seconds)
        part.launch()
        await asyncio.to_thread(part.wait_until_ready)
    finally:
        world.stack.held.discard(name)


async def shut(
    world: World,
    name: str,
    seconds: float,
    gates: Callable[[Proxy], list[asyncio.Event]],
    reset: bool = False,
) -> None:
    """Close gates of a proxy for a while; maybe break its connections before they open."""
    network = world.stack.network
    proxy = network.proxies[name.removeprefix("network ")]
    try:
        await network.tell(lambda: [gate.clear() for gate in gates(proxy)])
        await asyncio.sleep(seconds)
    finally:
        if reset:
            await network.tell(proxy.reset)
        await network.tell(lambda: [gate.set() for gate in gates(proxy)])


async def prey(world: World, name: str, writing: bool) -> psutil.Process | None:
    """A worker's child at work, after a short wait; with `writing`, one that writes already."""
    clock = asyncio.get_running_loop().time
    until = clock() + PREY_SECONDS
    while clock() < until:
        child = _child(world.pid(name))
        if child is not None and (not writing or _writes(child, world)):
            return child
        await asyncio.sleep(GLANCE_SECONDS)
    return _child(world.pid(name))


async def prey_that_writes(world: World) -> str:
    """The name of the first worker whose child writes a model."""
    while True:
        for name in world.stack.names("worker"):
            child = _child(world.pid(name))
            if child is not None and _writes(child, world):
                return name
        await asyncio.sleep(GLANCE_SECONDS / 3)


def _child(pid: int | None) -> psutil.Process | None:
    """The first child of a process, as the kernel lists them; psutil would read all processes."""
    with suppress(psutil.Error, OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return psutil.Process(int(children[0])) if children else None
    return None


def _writes(child: psutil.Process, world: World) -> bool:
    """Whether a child has a file of an unfinished model open."""
    unfinished = world.stack.artifacts / "runs"
    with suppress(psutil.Error):
        return any(Path(file.path).is_relative_to(unfinished) for file in child.open_files())
    return False
