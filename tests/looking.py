"""The hub's pages in a real browser: what they asked for, what it complained of, what axe finds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsing import browsing
from playwright.async_api import Page, Request, Response

from mergehub.kit.pages.built import FOLDER, INDEX

AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
# The processor draws here, and the driver says how slow that is.
DRIVER = "GL Driver Message (OpenGL, Performance"
UNBUILT = "The pages are not built (`make pages`), as without an npm registry."


@dataclass
class Looking:
    """A page of the hub, and what happened while it was looked at."""

    page: Page
    complaints: list[str]
    hosts: set[str] = field(default_factory=set)
    scripts: dict[str, int] = field(default_factory=dict)

    async def violations(self) -> list[str]:
        """What axe-core finds, as the rule and the first element that breaks it."""
        await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = await self.page.evaluate("axe.run()")
        return [
            f"{each['id']}: {each['nodes'][0]['html']} {each['nodes'][0]['failureSummary']}"
            for each in found["violations"]
        ]

    async def count(self, answer: Response) -> None:
        """Note where an answer comes from, and how many bytes a script took on its way."""
        self.hosts.add(urlsplit(answer.url).netloc)
        if answer.request.resource_type == "script":
            self.scripts[answer.url] = (await answer.request.sizes())["responseBodySize"]


@asynccontextmanager
async def looking(size: tuple[int, int] = (1280, 800), **options: Any) -> AsyncIterator[Looking]:
    """A new browser with a page of a size; `options` are what it emulates (`color_scheme`)."""
    if not (FOLDER / INDEX).exists():
        pytest.skip(UNBUILT)
    async with browsing() as (page, complaints):
        page.on("console", lambda said: _forget(complaints, said.text, DRIVER in said.text))
        page.on("requestfailed", lambda failed: _forget(complaints, failed.url, _given_up(failed)))
        looked = Looking(page, complaints)
        page.on("response", looked.count)
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
