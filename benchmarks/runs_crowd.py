"""Many who submit at once: what they are answered, and how soon lineage has heard of it.

python benchmarks/runs_crowd.py [--submitters 200] [--runs 5]
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections import Counter
from typing import Any

import httpx
from runs import wanted
from runs_hub import RunningHub, fresh_hub

LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 600.0
FIGURE = r'^{name}\{{[^}}]*service="{service}"[^}}]*\}} ([0-9.e+]+)$'


async def crowd(hub: RunningHub, submitters: int, runs: int) -> tuple[Counter[Any], float]:
    """The statuses of all answers, each submitter on a connection of its own, and the seconds."""
    headers = {"Authorization": f"Bearer {hub.token}"}
    limits = httpx.Limits(max_connections=submitters)
    async with httpx.AsyncClient(
        base_url=hub.url, headers=headers, timeout=60, limits=limits, trust_env=False
    ) as client:

        async def submit() -> list[int | str]:
            return [await _status(client) for _ in range(runs)]

        began = time.perf_counter()
        found = await asyncio.gather(*(submit() for _ in range(submitters)))
    return Counter(status for each in found for status in each), time.perf_counter() - began


async def _status(client: httpx.AsyncClient) -> int | str:
    try:
        return (await client.post("/v1/runs", json=wanted("gpu"))).status_code
    except httpx.TransportError as error:
        return type(error).__name__


def lineage_heard(hub: RunningHub, events: int) -> float:
    """Seconds until lineage has taken in as many events."""
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE_SECONDS:
        text = httpx.get(f"{hub.url}/metrics", timeout=60, trust_env=False).text
        if _figure(text, "mergehub_events_applied", "lineage") >= events:
            break
        time.sleep(LOOK_SECONDS)
    return time.perf_counter() - began


def _figure(text: str, name: str, service: str) -> float:
    found = re.search(FIGURE.format(name=name, service=service), text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--submitters", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with fresh_hub(workers=0) as hub:
        answers, seconds = asyncio.run(crowd(hub, asked.submitters, asked.runs))
        taken = answers[httpx.codes.ACCEPTED]
        lag = lineage_heard(hub, taken)
    print(f"{asked.submitters} submitters at once, {asked.runs} runs each: {dict(answers)}")
    print(f"{taken / seconds:.0f} runs a second; lineage had heard of all {lag:.1f} s later,")
    print(f"{taken / (seconds + lag):.0f} events a second from the first submission on")


if __name__ == "__main__":
    main()
