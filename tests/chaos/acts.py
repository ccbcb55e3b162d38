"""The acts of a chaos run: calm, storm, the wait for its end, quiet restarts, tidying up."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import suppress
from dataclasses import dataclass

from mergehub.contracts.runs import FINAL
from mergehub.contracts.worker_client import RunClient

from .clients import Client, submit_all
from .dishes import Menu, Submission, submissions
from .evaluator import Evaluator
from .evidence import CONSUMERS
from .faults import bereave
from .stack import OWNER, WORKER
from .storm import storm
from .tidiness import left_over
from .waiting import beside, until
from .watch import AWAY, Truth
from .world import World, prey_that_writes

CALM_SECONDS = 180.0
EVALUATORS = 2
RESTARTED = "deep"  # takes long enough to be killed at work
SUBMITTING = 0.9  # the share of the storm with submissions, so that work remains at its end


@dataclass(frozen=True)
class Options:
    """The options of a run; `patience` is how long all runs may take to end after the storm."""

    seed: int
    seconds: float
    runs: int
    patience: float = 600.0
    longest_pause: float = 3.0  # seconds between two faults
    restarts: int = 3  # workers killed in the calm after the storm


async def calm(world: World, options: Options) -> tuple[Menu, dict[str, str]]:
    """Run each dish that will be ordered once without faults; returns the outputs' digests."""
    client, digests = client_of(world), {}
    first = Menu().names[0]
    async with asyncio.timeout(CALM_SECONDS):
        run, digests[first] = await _undisturbed(world, client, Menu(), first)
        menu = Menu(run)
        others = [dish for dish in menu.names if dish in _ordered(menu, options) - {first}]
        found = await asyncio.gather(*(_undisturbed(world, client, menu, dish) for dish in others))
    await client.close()
    return menu, digests | dict(zip(others, (d for _, d in found), strict=True))


def _ordered(menu: Menu, options: Options) -> set[str]:
    """The dishes of the storm and of the restarts after it."""
    wishes = submissions(menu, options.runs, options.seconds, options.seed)
    return {each.dish for each in wishes} | ({RESTARTED} if options.restarts else set())


async def _undisturbed(world: World, client: Client, menu: Menu, dish: str) -> tuple[str, str]:
    """The id of a run and the digest of its model."""
    run = await client.submit(_wish(menu, dish, f"calm-{dish}", f"chaos/{dish}"))
    assert run is not None

    async def ended() -> bool:
        return (await client.get(f"/v1/runs/{run}"))["state"] in FINAL

    await until(ended)
    told = await client.get(f"/v1/runs/{run}")
    assert told["state"] == "succeeded", told["error"]
    return run, told["result"]["output_digest"]


async def stormy(world: World, options: Options, menu: Menu) -> None:
    """Let clients submit while faults hit the stack; returns when both have ended."""
    made_up = RunClient.connect(world.stack.hub_url, WORKER)
    evaluators = [
        Evaluator(made_up, world.log, random.Random(f"evaluator {options.seed} {number}"))
        for number in range(EVALUATORS)
    ]
    wishes = submissions(menu, options.runs, options.seconds * SUBMITTING, options.seed)

    async def heard(run: str, wish: Submission) -> None:
        if wish.body["hardware"] == "gpu":
            await evaluators[wish.number % EVALUATORS].take(run)

    async with beside(*(each.work() for each in evaluators)):
        await asyncio.gather(
            storm(world, options.seed, options.seconds, options.longest_pause),
            submit_all(lambda: client_of(world), wishes, heard),
        )
        await settled(world.truth)
    await made_up.aclose()


async def settled(truth: Truth) -> None:
    """Wait until every run has ended and every consumer has applied its events."""
    behind = " OR ".join(
        f"coalesce((SELECT sequence FROM {name}.inbox_position), 0) < count(*)"
        for name in CONSUMERS
    )
    query = (
        f"SELECT (SELECT count(*) FROM registry.runs WHERE finished_at IS NULL) AS unfinished, "
        f"count(*) FILTER (WHERE NOT published) > 0 OR {behind} AS untold FROM registry.outbox"
    )

    async def holds() -> bool:
        with suppress(*AWAY):
            (row,) = await truth.fetch(query)
            return not (row["unfinished"] or row["untold"])
        return False

    await until(holds)


async def restarts(world: World, menu: Menu, times: int) -> None:
    """Kill the worker of the only run during its merge, and let another worker finish it."""
    client = client_of(world)
    for number in range(times):
        wish = _wish(menu, RESTARTED, f"restart-{number}", f"chaos/restart-{number}")
        hunt = asyncio.create_task(prey_that_writes(world))
        assert await client.submit(wish) is not None
        name = await hunt
        if (pid := world.pid(name)) is not None:
            os.kill(pid, signal.SIGKILL)
        await bereave(world, name, quiet=True)
        await settled(world.truth)
    await client.close()


async def tidy(world: World) -> None:
    """Restart each worker, since workers look for leftovers when they start."""
    for name in world.stack.names("worker"):
        if (pid := world.pid(name)) is not None:
            os.kill(pid, signal.SIGTERM)

    async def holds() -> bool:
        return not left_over(world.stack.artifacts, world.stack.scratch)

    await until(holds)


def client_of(world: World) -> Client:
    return Client(world.stack.hub_url, OWNER, world.log)


def _wish(menu: Menu, dish: str, key: str, name: str) -> Submission:
    return Submission(0, key, menu.merge(dish, name), dish, 0, False, False, None)
