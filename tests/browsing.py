"""A real browser, if the machine has one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from when_used import when_used

if TYPE_CHECKING:
    from playwright.async_api import Page

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


@asynccontextmanager
async def browsing() -> AsyncIterator[tuple[Page, list[str]]]:
    """A page of a new browser, and its complaints: errors, policies, files that did not load."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip(ABSENT)
    complaints: list[str] = []
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium, args=FLAGS)
        page = await browser.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        yield page, complaints
        await browser.close()
