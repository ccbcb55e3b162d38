"""A real browser, if the machine has one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from when_used import when_used

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

playwright = when_used("playwright.async_api")

ABSENT = "There is no Chromium on this machine (Debian's package `chromium` has one)."
FLAGS = [
    "--no-sandbox",  # root has none, and the browser opens only our own pages
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class SharedBrowser:
    """One browser of this process, which starts when it is needed."""

    def __init__(self) -> None:
        self._browser: Browser | None = None
        self._ends = AsyncExitStack()

    async def get(self, chromium: str) -> Browser:
        """The browser; a new one if it has crashed."""
        if self._browser is None or not self._browser.is_connected():
            await self.end()
            driver = await self._ends.enter_async_context(playwright.async_playwright())
            started = await driver.chromium.launch(executable_path=chromium, args=FLAGS)
            self._ends.push_async_callback(started.close)
            self._browser = started
        return self._browser

    async def end(self) -> None:
        self._browser = None
        await self._ends.aclose()


SHARED = SharedBrowser()
"""`tests/conftest.py` ends it."""


@asynccontextmanager
async def browsing() -> AsyncIterator[tuple[Page, list[str]]]:
    """A page of a new profile, and its complaints: errors, policies, files that did not load."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip(ABSENT)
    complaints: list[str] = []
    context = await (await SHARED.get(chromium)).new_context()
    try:
        page = await context.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        yield page, complaints
    finally:
        await context.close()
