"""The cost of many followers of runs (server-sent events), and how soon they see progress."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import psutil

from benchmarks.runs.hub import RunningHub, wanted
from mergehub.contracts.runs import RunProgress
from mergehub.contracts.worker_client import RunClient

HEARTBEAT_SECONDS = 4.0
ARRIVAL_SECONDS = 30.0
DATA = re.compile(rb"^data: (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Followed:
    """Anonymous memory of the hub's HTTP process in bytes, and seconds from sending to seeing."""

    before: int
    after: int
    seconds: list[float]


class Follower(asyncio.Protocol):
    """One open stream; reports to `seen` how far the run is at each event."""

    def __init__(self, run: UUID, token: str, seen: Sightings) -> None:
        self._run, self._seen = run, seen
        self._request = (
            f"GET /v1/runs/{run}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        ).encode()
        self._buffer = b""
        self.first: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        *frames, self._buffer = (self._buffer + data).split(b"\n\n")
        for found in map(DATA.search, frames):
            if found is None:
                continue
            progress = json.loads(found[1])["progress"]
            self._seen.note(self._run, progress["done"] if progress else 0)
            if not self.first.done():
                self.first.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.first.done():
            self.first.set_exception(exc or ConnectionResetError(self._buffer.decode()))


class Sightings:
    """When each step of each run was sent, and how long each follower waited for it."""

    def __init__(self) -> None:
        self._sent: dict[tuple[UUID, int], float] = {}
        self._left: dict[tuple[UUID, int], int] = {}
        self.seconds: list[float] = []

    def send(self, run: UUID, step: int, followers: int) -> None:
        self._sent[run, step] = time.perf_counter()
        self._left[run, step] = followers

    def note(self, run: UUID, step: int) -> None:
        """A slow follower may skip a step; it counts as seen with the next one."""
        if (run, step) in self._sent:
            self.seconds.append(time.perf_counter() - self._sent[run, step])
            self._left[run, step] -= 1

    @property
    def missing(self) -> int:
        return sum(self._left.values())


async def follow_many(hub: RunningHub, followers: int, runs: int, beats: int) -> Followed:
    """Followers spread over running runs, whose workers report progress at each heartbeat."""
    seen = Sightings()
    http = _http_process(hub)
    async with _running(hub, runs) as (worker, claims):
        before = _anonymous(http)
        many = await _open(hub, [run for run, _ in claims], followers, seen)
        after = _anonymous(http)
        share = followers // runs
        await asyncio.gather(*(_work(worker, claim, beats, share, seen) for claim in claims))
        async with asyncio.timeout(ARRIVAL_SECONDS):
            while seen.missing:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        after = max(after, _anonymous(http))
        for each in many:
            each.transport.abort()
    return Followed(before, after, sorted(seen.seconds))


@asynccontextmanager
async def _running(
    hub: RunningHub, runs: int
) -> AsyncIterator[tuple[RunClient, list[tuple[UUID, int]]]]:
    """A worker's client, the runs that it has claimed, and their fences."""
    tokens = json.loads((hub.data / "tokens.json").read_text())
    worker = RunClient.connect(hub.url, tokens["worker"])
    with hub.client() as client:
        queued = [await asyncio.to_thread(client.submit, wanted("gpu")) for _ in range(runs)]
    claims = [await worker.claim(run.id, f"bench-{n}") for n, run in enumerate(queued)]
    yield worker, [(claim.run_id, claim.fence) for claim in claims]
    await worker.aclose()


async def _open(
    hub: RunningHub, runs: Sequence[UUID], followers: int, seen: Sightings
) -> list[Follower]:
    """Open the streams, some at a time, until each has shown its run as it stands."""
    address = urlsplit(hub.url)
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(20)

    async def one(number: int) -> Follower:
        async with gate:
            _, follower = await loop.create_connection(
                lambda: Follower(runs[number % len(runs)], hub.token, seen),
                address.hostname,
                address.port,
            )
            await follower.first
            return follower

    return await asyncio.gather(*map(one, range(followers)))


async def _work(
    worker: RunClient, claim: tuple[UUID, int], beats: int, followers: int, seen: Sightings
) -> None:
    """Heartbeats with progress, as a worker sends them."""
    await asyncio.sleep(random.uniform(0, HEARTBEAT_SECONDS))
    for step in range(1, beats + 1):
        progress = RunProgress(stage="merging", done=step, total=beats, unit="tensors")
        seen.send(claim[0], step, followers)
        await worker.heartbeat(*claim, progress)
        await asyncio.sleep(HEARTBEAT_SECONDS)


def _http_process(hub: RunningHub) -> psutil.Process:
    return next(p for p in hub.process.children() if "mergehub.hub.serve" in p.cmdline())


def _anonymous(process: psutil.Process) -> int:
    return sum(area.anonymous for area in process.memory_maps())
