"""How long the frames of a page take while somebody moves the map."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from playwright.async_api import Page

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
    """Frames a second, by the median frame, and the slowest of twenty frames in milliseconds."""

    rate: float
    slow: float


async def pan(page: Page) -> Moved:
    """Drag the map across the view."""
    x, y = await _middle(page)
    await page.evaluate(COUNT)
    await page.mouse.move(x, y)
    await page.mouse.down()
    for step in range(STEPS):
        await page.mouse.move(x + step * PIXELS, y + step)
    await page.mouse.up()
    return await _counted(page)


async def zoom(page: Page) -> Moved:
    """Turn the wheel over the map."""
    x, y = await _middle(page)
    await page.mouse.move(x, y)
    await page.evaluate(COUNT)
    for _ in range(STEPS // 2):
        await page.mouse.wheel(0, -25)
    for _ in range(STEPS // 2):
        await page.mouse.wheel(0, 25)
    return await _counted(page)


async def _middle(page: Page) -> tuple[float, float]:
    box = await page.locator("canvas").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def _counted(page: Page) -> Moved:
    frames: list[float] = (await page.evaluate("window.frames_ms"))[1:]
    slow = statistics.quantiles(frames, n=20)[-1]
    return Moved(1000 / statistics.median(frames), slow)
