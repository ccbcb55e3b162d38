"""How long the frames of a page take while somebody moves the map."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from playwright.async_api import Page

from benchmarks.pages.processor import Spent

COUNT = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const frame = (now) => {
    window.frames_ms.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""
STEPS = 120
PIXELS = 3


@dataclass(frozen=True)
class Moved:
    """How the map moved.

    - `rate`: frames a second, by the median frame.
    - `slow`: the slowest of twenty frames, in milliseconds.
    - `processor`: milliseconds of the processor for a frame, in all programs together.
    """

    rate: float
    slow: float
    processor: float


async def pan(page: Page) -> Moved:
    """Drag the map across the view."""
    x, y = await _middle(page)
    spent = await _counting(page)
    await page.mouse.move(x, y)
    await page.mouse.down()
    for step in range(STEPS):
        await page.mouse.move(x + step * PIXELS, y + step)
    await page.mouse.up()
    return await _counted(page, spent)


async def zoom(page: Page) -> Moved:
    """Turn the wheel over the map."""
    x, y = await _middle(page)
    await page.mouse.move(x, y)
    spent = await _counting(page)
    for _ in range(STEPS // 2):
        await page.mouse.wheel(0, -25)
    for _ in range(STEPS // 2):
        await page.mouse.wheel(0, 25)
    return await _counted(page, spent)


async def _middle(page: Page) -> tuple[float, float]:
    box = await page.locator("canvas").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def _counting(page: Page) -> Spent:
    await page.evaluate(COUNT)
    return Spent()


async def _counted(page: Page, spent: Spent) -> Moved:
    frames: list[float] = (await page.evaluate("window.frames_ms"))[1:]
    each = 1000 * spent.seconds() / len(frames)
    slow = statistics.quantiles(frames, n=20)[-1]
    return Moved(1000 / statistics.median(frames), slow, each)
