"""Measure how soon a submitted run starts, and how fast a hub accepts runs.

PYTHONPATH=tests python -m benchmarks.runs [--starts 500] [--busy 200] [--submits 10000]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from uuid import uuid4

import httpx
from redis import Redis

from benchmarks.runs.busy import Fresh, beside_busy_workers
from benchmarks.runs.hub import RunningHub, fresh_hub, wanted
from mergehub.hub.valkey import Valkey
from mergehub.kit.events.doorbell import queue_name

# The worker's child refuses it at once; the measured part is over by then.
WARM_UP = 20
LONGEST_PAUSE_SECONDS = 0.3  # random, so that no poll runs in step with the benchmark


def starts(hub: RunningHub, count: int) -> list[float]:
    """Seconds from sending the POST to the claim by an idle worker, for one run after another."""
    found = []
    with hub.client() as client:
        for _ in range(WARM_UP + count):
            time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))
            sent = time.time()
            run = list(client.follow(client.submit(wanted("cpu")).id))[-1]
            assert run.started_at is not None
            found.append(run.started_at.timestamp() - sent)
    return found[WARM_UP:]


async def submits(hub: RunningHub, count: int, connections: int) -> tuple[list[float], float]:
    """Seconds of each submission over several connections, and of all together."""
    found: list[float] = []
    left = iter(range(count))
    headers = {"Authorization": f"Bearer {hub.token}"}

    async def submitter() -> None:
        async with httpx.AsyncClient(base_url=hub.url, headers=headers, trust_env=False) as client:
            for _ in left:
                sent = time.perf_counter()
                key = {"Idempotency-Key": str(uuid4())}
                answer = await client.post("/v1/runs", json=wanted("gpu"), headers=key)
                found.append(time.perf_counter() - sent)
                assert answer.status_code == httpx.codes.ACCEPTED, answer.text

    began = time.perf_counter()
    await asyncio.gather(*(submitter() for _ in range(connections)))
    return found, time.perf_counter() - began


def all_rung(hub: RunningHub, count: int) -> float:
    """Seconds until every submitted run has its bell in the queue."""
    began = time.perf_counter()
    with Redis.from_url(Valkey(hub.data / "vk").url) as redis:
        while redis.zcard(queue_name("gpu")) < count:
            time.sleep(0.01)
    return time.perf_counter() - began


def cpu_seconds(hub: RunningHub) -> float:
    """CPU seconds of services and stores so far; other load affects them less than wall time."""
    times = [child.cpu_times() for child in hub.process.children(recursive=True)]
    return sum(each.user + each.system for each in times)


def row(what: str, seconds: list[float], target: str, note: str = "") -> None:
    cut = statistics.quantiles(seconds, n=100, method="inclusive")
    figures = " | ".join(f"{1000 * each:.0f}" for each in (cut[49], cut[98], max(seconds)))
    print(f"| {what} | {figures} | {target} | {note} |", flush=True)


def tell_fresh(busy: int, fresh: list[Fresh], commands: float) -> None:
    what = f"fresh worker beside {busy} busy ones, process to claim"
    row(what, [each.from_launch for each in fresh], "max < 5000", f"{len(fresh)} workers")
    what = f"submit to start on it, {busy} busy"
    row(what, [each.from_submit for each in fresh], "", f"{commands:.0f} Redis commands a second")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--starts", type=int, default=500)
    parser.add_argument("--busy", type=int, default=200)
    parser.add_argument("--submits", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=8)
    asked = parser.parse_args()
    print("| | p50 ms | p99 ms | max ms | target ms | |\n| --- | --- | --- | --- | --- | --- |")
    if asked.starts:
        with fresh_hub(workers=1) as hub:
            taken = starts(hub, asked.starts)
        row("submit to start, idle worker", taken, "p50 < 100, p99 < 500", f"{asked.starts} runs")
    if asked.busy:
        with fresh_hub(workers=0) as hub:
            tell_fresh(
                asked.busy, *asyncio.run(beside_busy_workers(hub, asked.busy, wanted("cpu")))
            )
    if asked.submits:
        with fresh_hub(workers=0) as hub:
            before = cpu_seconds(hub)
            taken, whole = asyncio.run(submits(hub, asked.submits, asked.connections))
            rung = all_rung(hub, asked.submits)
            cpu = 1000 * (cpu_seconds(hub) - before) / asked.submits
        note = f"{asked.submits / whole:.0f} a second, {cpu:.1f} ms CPU each, "
        note += f"the last bell {rung:.2f} s later"
        what = f"submission, {asked.connections} connections, {asked.submits} runs"
        row(what, taken, "p99 < 100", note)


if __name__ == "__main__":
    main()
