"""The hub's pages in a real browser: what they asked for, what it complained of, what axe finds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsing import browsing
from playwright.async_api import Error as PageGone
from playwright.async_api import Page, Request, Response

from mergehub.kit.pages.built import FOLDER, INDEX

AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
# The processor draws here, and the driver says how slow that is.
DRIVER = "GL Driver Message (OpenGL, Performance"
WAITS = "/v1/graph/changes"  # an open map always waits for the next change
DESK, PHONE = (1280, 800), (390, 844)
LOOKS = (("light", DESK), ("dark", DESK), ("dark", PHONE), ("light", PHONE))
# Only violations: a list of all that is right is long, and takes longer to make than to find.
FOUND = """axe.run({resultTypes: ["violations"]}).then(({violations}) => violations.map(
    ({id, nodes: [first]}) => `${id}: ${first.html} ${first.failureSummary}`))"""
DRAWN = "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
IDLE_SECONDS = 0.5  # as long as a browser's "networkidle"
UNBUILT = "The pages are not built (`make pages`), as without an npm registry."


@dataclass
class Looking:
    """A page of the hub, and what happened while it was looked at."""

    page: Page
    complaints: list[str]
    hosts: set[str] = field(default_factory=set)
    scripts: dict[str, int] = field(default_factory=dict)
    _asked: set[Request] = field(default_factory=set)
    _last: float = field(default_factory=time.monotonic)

    async def violations(self) -> list[str]:
        """What axe-core finds, as the rule and the first element that breaks it."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[str] = await self.page.evaluate(FOUND)
        return found

    async def is_for_everybody(self) -> None:
        """Check what the page shows, in light and dark, at a desk and on a phone."""
        for scheme, (width, height) in LOOKS:
            await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.evaluate(DRAWN)
            look = f"{scheme}, {width} pixels wide"
            assert await self.violations() == [], look
            assert await self.page.evaluate("document.documentElement.scrollWidth") <= width, look

    async def settled(self) -> None:
        """Wait until the page has asked for nothing for a while, except for the next change."""
        async with asyncio.timeout(30):
            while self._asked or self._idle_for < IDLE_SECONDS:  # noqa: ASYNC110 - no event
                await asyncio.sleep(IDLE_SECONDS / 10)

    @property
    def _idle_for(self) -> float:
        return time.monotonic() - self._last

    def begun(self, request: Request) -> None:
        """Note a request that has no answer yet."""
        if WAITS not in request.url:
            self._asked.add(request)

    def ended(self, request: Request) -> None:
        """Note that a request has its answer, or failed."""
        self._asked.discard(request)
        self._last = time.monotonic()

    async def count(self, answer: Response) -> None:
        """Note where an answer comes from, and how many bytes a script took on its way."""
        self.hosts.add(urlsplit(answer.url).netloc)
        if answer.request.resource_type == "script":
            with suppress(PageGone):  # the test has ended
                self.scripts[answer.url] = (await answer.request.sizes())["responseBodySize"]


@asynccontextmanager
async def looking(size: tuple[int, int] = DESK, **options: Any) -> AsyncIterator[Looking]:
    """A new browser with a page of a size; `options` are what it emulates (`color_scheme`)."""
    if not (FOLDER / INDEX).exists():
        pytest.skip(UNBUILT)
    async with browsing() as (page, complaints):
        page.on("console", lambda said: _forget(complaints, said.text, DRIVER in said.text))
        page.on("requestfailed", lambda failed: _forget(complaints, failed.url, _given_up(failed)))
        looked = Looking(page, complaints)
        page.on("response", looked.count)
        page.on("request", looked.begun)
        page.on("requestfinished", looked.ended)
        page.on("requestfailed", looked.ended)
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        if options:
            await page.emulate_media(**options)
        yield looked


def _forget(complaints: list[str], said: str, usual: bool) -> None:
    """Forget what a browser says of every page that draws, or that one leaves."""
    if usual and complaints and complaints[-1] == said:
        complaints.pop()


def _given_up(request: Request) -> bool:
    """Whether the page itself gave a request up, for example because one went elsewhere."""
    return request.failure == "net::ERR_ABORTED"
