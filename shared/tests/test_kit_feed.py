"""The feed of events is read page by page, one page ahead."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from mergehub.contracts.events import EventPage
from mergehub.kit.events.feed import EventsPruned, Feed

PAGES = 3

Answer = Callable[[int], Awaitable[httpx.Response]]
"""The answer of the source about the page after a position."""


async def page(after: int) -> httpx.Response:
    """Empty pages, as it is their positions that matter."""
    found = EventPage(items=[], next_after=after + 1, has_more=after + 1 < PAGES)
    return httpx.Response(200, text=found.model_dump_json())


@asynccontextmanager
async def feed_of(answer: Answer) -> AsyncIterator[Feed]:
    async def handle(request: httpx.Request) -> httpx.Response:
        return await answer(int(request.url.params["after"]))

    transport = httpx.MockTransport(handle)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.example") as hub:
        yield Feed(hub, "registry", "lineage")


async def test_all_pages_come_in_their_order():
    async with feed_of(page) as feed:
        assert [each.next_after async for each in feed.pages(0, 5)] == [1, 2, 3]


async def test_the_next_page_is_asked_for_while_one_is_applied():
    asked = {after: asyncio.Event() for after in range(PAGES)}

    async def noted(after: int) -> httpx.Response:
        asked[after].set()
        return await page(after)

    async with feed_of(noted) as feed:
        async for each in feed.pages(0, 5):
            if each.has_more:
                await asked[each.next_after].wait()
                assert not any(asked[after].is_set() for after in range(each.next_after + 1, PAGES))


async def test_a_page_that_nobody_wants_is_given_up():
    asked, given_up = asyncio.Event(), asyncio.Event()

    async def endless(after: int) -> httpx.Response:
        if after:
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                given_up.set()
        return await page(after)

    async with feed_of(endless) as feed:
        pages = feed.pages(0, 5)
        await anext(pages)
        await asked.wait()
        await pages.aclose()
        assert given_up.is_set()


async def broken(after: int) -> httpx.Response:
    return httpx.Response(502) if after else await page(after)


async def test_a_page_that_does_not_come_is_an_error_after_those_before():
    async with feed_of(broken) as feed:
        pages = feed.pages(0, 5)
        assert (await anext(pages)).next_after == 1
        with pytest.raises(httpx.HTTPStatusError):
            await anext(pages)


async def test_an_error_of_a_page_that_nobody_wants_is_not_reported():
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    failed = asyncio.Event()

    async def breaking(after: int) -> httpx.Response:
        if after:
            failed.set()
        return await broken(after)

    async with feed_of(breaking) as feed:
        pages = feed.pages(0, 5)
        await anext(pages)
        await failed.wait()
        await pages.aclose()
    gc.collect()
    assert reported == []


async def test_what_the_source_has_given_up_is_an_error_that_says_what_to_do():
    async def gone(after: int) -> httpx.Response:
        link = '<http://hub.example/v1/events?after=7>; rel="first"'
        return httpx.Response(410, headers={"link": link})

    async with feed_of(gone) as feed:
        with pytest.raises(EventsPruned, match="python -m lineage skip-pruned"):
            await anext(feed.pages(0, 5))
        assert await feed.first_kept(0) == 7
