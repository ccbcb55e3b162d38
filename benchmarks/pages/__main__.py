"""Measure the map in Chromium without a graphics processor: its first picture, and how it moves.

PYTHONPATH=tests python -m benchmarks.pages [--models 50000]

Exits with 1 if a target is missed. Other load on the machine affects every figure.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time

import httpx
from browsing import SHARED
from looking import Looking, looking
from running import RunningHub

from benchmarks.api.__main__ import tell
from benchmarks.lineage.graph import largest_hub, make
from benchmarks.machine import tell_machine
from benchmarks.pages.frames import pan, zoom
from benchmarks.pages.hub import hub_with, name
from benchmarks.pages.processor import Spent

ROUNDS = 5
FIRST_PICTURE_SECONDS = 1.5
FRAMES_A_SECOND = 30
SCRIPT_BYTES = 200_000
WAIT_MS = 120_000


async def opened(looked: Looking, url: str, drawn: str) -> tuple[float, float]:
    """Seconds from the navigation to a picture that is drawn, by the clock and by the processor."""
    spent, began = Spent(), time.perf_counter()
    await looked.page.goto(url, wait_until="commit")
    await looked.page.wait_for_selector(f"canvas[data-drawn{drawn}]", timeout=WAIT_MS)
    return time.perf_counter() - began, spent.seconds()


async def first_picture(hub: RunningHub, focus: str) -> bool:
    """A neighbourhood of 2,000 models; each round as a browser that has cached nothing."""
    found, sizes = [], []
    for _ in range(ROUNDS):
        async with looking() as looked:
            url = f"{hub.url}/map?focus={focus}&depth=4&limit=2000"
            found.append(await opened(looked, url, ""))
            await looked.settled()
            sizes.append(sum(looked.scripts.values()))
    seconds, processor = (statistics.median(times) for times in zip(*found, strict=True))
    size = max(sizes)
    good = tell("first picture of 2,000 models", f"{seconds:.2f} s, {processor:.2f} s of processor",
                "under 1.5 s", seconds < FIRST_PICTURE_SECONDS)  # fmt: skip
    return good & tell("JavaScript for it", f"{size / 1000:.0f} kB", "under 200 kB",
                       size < SCRIPT_BYTES)  # fmt: skip


async def moving(hub: RunningHub) -> bool:
    async with looking() as looked:
        whole, processor = await opened(looked, f"{hub.url}/map?limit=50000", "=whole")
        shown = await looked.page.get_by_role("status").filter(has_text="models").inner_text()
        found = f"{whole:.1f} s, {processor:.1f} s of processor"
        tell(f"whole picture of {shown}", found, "", True)
        good = True
        for what, act in (("panning", pan), ("zooming", zoom)):
            moved = await act(looked.page)
            times = f"95 % within {moved.slow:.0f} ms, {moved.processor:.0f} ms of processor"
            found = f"{moved.rate:.0f} frames/s, {times}"
            good &= tell(what, found, "30 frames/s", moved.rate >= FRAMES_A_SECOND - 0.5)
        return good


async def measure(hub: RunningHub, focus: str) -> bool:
    """Measure all, in one loop: the rounds share a program, and nothing that it has cached."""
    try:
        good = await first_picture(hub, focus)
        return good & await moving(hub)
    finally:
        await SHARED.end()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=50_000)
    options = parser.parse_args()
    tell_machine()
    made = make(options.models)
    with hub_with(made) as hub:
        asked = {"name": name(largest_hub(made))}
        (focus,) = httpx.get(f"{hub.url}/v1/models", params=asked).json()["items"]
        return 0 if asyncio.run(measure(hub, focus["id"])) else 1


if __name__ == "__main__":
    raise SystemExit(main())
