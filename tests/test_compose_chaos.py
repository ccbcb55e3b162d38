"""The deployment of docker-compose.yml under faults: nothing is lost and nothing doubled."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chaos import check_models, checker
from chaos.acts import settled
from chaos.clients import Client
from chaos.dishes import Menu, Submission
from chaos.evidence import Evidence, in_tables
from chaos.history import History
from chaos.waiting import beside, until
from chaos.watch import Truth, watch_feed, watch_rows
from topology.models import readable_models
from topology.network import lacking
from topology.topology import Topology, deployed

from mergehub.contracts.runs import LEASE_SECONDS, RunState

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

PARTITION_SECONDS = 60
SETTLE_SECONDS = 300
RUNS = 6
WORKERS = ("worker", "worker-2")


@dataclass
class World:
    """The deployment, its database, and the history of all that happened to it."""

    topology: Topology
    truth: Truth
    log: History

    def client(self) -> Client:
        return Client(self.topology.url, self.topology.secret("owner_token"), self.log)

    async def submit(self, dish: str, key: str) -> str:
        body = Menu().merge(dish, f"chaos/{key}")
        client = self.client()
        run = await client.submit(Submission(0, key, body, dish, 0, False, False, None))
        await client.close()
        assert run is not None
        return run

    async def row(self, run: str) -> dict[str, object]:
        query = "SELECT state, worker, fence, attempt FROM registry.runs WHERE id::text = $1"
        (row,) = await self.truth.fetch(query, run)
        return row

    async def violations(self) -> list[str]:
        """What the checker finds once all runs have ended; models are not on this machine."""
        async with asyncio.timeout(SETTLE_SECONDS):
            await settled(self.truth)
        evidence = Evidence(history=self.log.entries, **await in_tables(self.truth))
        ours = [check for check in checker.CHECKS if check.__module__ != check_models.__name__]
        return [f"{check.__name__}: {found}" for check in ours for found in check(evidence)]


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    if reason := lacking():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="mh-") as name:
        folder = Path(name)
        models = readable_models(folder)
        with (
            closing(History(folder / "history.jsonl")) as log,
            deployed(folder / "hub", models, workers=len(WORKERS)) as topology,
        ):
            truth = Truth(_database(topology))
            world = World(topology, truth, log)
            watching = world.client()
            async with beside(watch_rows(truth, log), watch_feed(watching, log)):
                yield world
            await watching.close()
            await truth.close()


def _database(topology: Topology) -> str:
    """The URL of the database, by its address, since this process knows no names."""
    url = urlsplit(topology.secret("database_url"))
    address = topology.network.addresses["postgres"]
    return url._replace(netloc=url.netloc.replace("@postgres", f"@{address}")).geturl()


async def test_a_storm_loses_and_doubles_nothing(world: World) -> None:
    rng, topology = random.Random(7), world.topology

    def empty_valkey() -> None:
        with topology.stopped("valkey") as valkey:
            shutil.rmtree(topology.folder / "volumes/valkey/appendonlydir")
            valkey.log.write_bytes(b"")

    def restart(name: str) -> Callable[[], None]:
        def act() -> None:
            with topology.stopped(name):
                pass

        return act

    acts = [
        lambda: topology.kill("worker"), empty_valkey, restart("postgres"), restart("gateway"),
        lambda: topology.kill("registry"), lambda: topology.kill("worker-2"),
    ]  # fmt: skip
    rng.shuffle(acts)
    dishes = [rng.choice(Menu().names) for _ in range(RUNS)]

    async def submissions() -> None:
        for number, dish in enumerate(dishes):
            await world.submit(dish, f"storm-{number}")

    async def faults() -> None:
        for act in acts:
            await asyncio.to_thread(act)

    async with asyncio.TaskGroup() as group:
        group.create_task(submissions())
        group.create_task(faults())
    assert await world.violations() == []
    states = [(await world.row(each["run"]))["state"] for each in world.log.of("acknowledged")]
    assert states == [RunState.SUCCEEDED] * RUNS


async def test_a_partition_costs_time_and_nothing_else(world: World) -> None:
    run, worker = await _cut_in_mid_run(world)
    assert await world.violations() == []
    row = await world.row(run)
    assert row["state"] == RunState.SUCCEEDED
    assert row["fence"] == 2, "the other worker took the run over, and only once"
    assert row["worker"] != worker


async def _cut_in_mid_run(world: World) -> tuple[str, str]:
    """Cut the worker of a run from everything for a while; returns the run and the worker."""
    for number in range(5):
        run = await world.submit("deep", f"partition-{number}")

        async def claimed(run: str = run) -> bool:
            return (await world.row(run))["state"] != RunState.QUEUED

        await until(claimed, 0.01)
        worker = str((await world.row(run))["worker"])
        began = time.monotonic()
        with world.topology.network.cut(worker.partition(":")[0]):
            if (await world.row(run))["state"] != RunState.RUNNING:
                continue  # the run had ended before the cut
            async with asyncio.timeout(PARTITION_SECONDS):

                async def taken(run: str = run, worker: str = worker) -> bool:
                    return (await world.row(run))["worker"] not in (worker, None)

                await until(taken)
            assert time.monotonic() - began > LEASE_SECONDS / 2
            await asyncio.sleep(PARTITION_SECONDS - (time.monotonic() - began))
        return run, worker
    raise AssertionError("every run ended before its worker could be cut off")
