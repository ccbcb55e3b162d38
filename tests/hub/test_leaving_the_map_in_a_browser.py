"""Leaving the map at any moment ends all that it began, and the browser complains of nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest
from atlas import Lineage
from looking import Looking, looking
from playwright.async_api import Error, Route
from running import RunningHub

pytestmark = pytest.mark.browser

FRAMES = 12  # until the first picture is whole, and a few more
WHAT_IT_ASKS = ["graph?*", "graph/changes*", "graph/facets*", "models/*", "graph/popular*"]


async def test_it_may_be_left_at_any_frame(hub: RunningHub, lineage: Lineage) -> None:
    focus = lineage.id("atlas/base")
    async with looking() as looked:
        await looked.page.goto(hub.url)
        for frames in range(FRAMES):
            await _enter(looked, f"/map?focus={focus}")
            await _frames(looked, frames)
            await _leave(looked)
        await looked.settled()
        assert looked.complaints == []


async def test_it_may_be_left_before_any_answer(hub: RunningHub, lineage: Lineage) -> None:
    focus = lineage.id("atlas/base")
    async with looking() as looked:
        await looked.page.goto(hub.url)
        for asked in WHAT_IT_ASKS:
            async with _held(looked, f"**/v1/{asked}") as asking:
                await _enter(looked, "/map" if "popular" in asked else f"/map?focus={focus}")
                if "facets" in asked:
                    await looked.page.locator("summary", has_text="Filters").click()
                await asking.wait()
                await _leave(looked)
            await looked.settled()
            assert looked.complaints == [], asked


async def test_nothing_is_asked_for_a_map_that_was_left(hub: RunningHub, lineage: Lineage) -> None:
    async with looking() as looked:
        await looked.page.goto(hub.url)
        async with looked.page.expect_event(
            "requestfailed", lambda each: "/v1/graph/changes" in each.url
        ) as ended:
            async with looked.page.expect_request("**/v1/graph/changes?*wait=*"):
                await _enter(looked, "/map")
            await _leave(looked)
        await ended.value
        assert looked.complaints == []


@asynccontextmanager
async def _held(looked: Looking, address: str) -> AsyncIterator[asyncio.Event]:
    """Until the block ends, the page gets no answer from an address; tells when it has asked."""
    asking, over = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asking.set()
        await over.wait()
        with suppress(Error):  # the page may have given it up
            await route.continue_()

    await looked.page.route(address, hold)
    yield asking
    over.set()
    await looked.page.unroute_all(behavior="wait")


async def _enter(looked: Looking, path: str) -> None:
    """Follow a link to a page, as a person does."""
    await looked.page.evaluate(
        """path => {
            const link = document.body.appendChild(document.createElement("a"));
            link.href = path;
            link.click();
            link.remove();
        }""",
        path,
    )


async def _leave(looked: Looking) -> None:
    await looked.page.go_back()
    await looked.page.get_by_role("link", name="Open the map").wait_for()
    assert urlsplit(looked.page.url).path == "/"


async def _frames(looked: Looking, number: int) -> None:
    """Wait until the browser has drawn so many frames."""
    await looked.page.evaluate(
        """async number => {
            for (let frame = 0; frame < number; frame += 1) {
                await new Promise(requestAnimationFrame);
            }
        }""",
        number,
    )
