"""Reads another service's events from its HTTP feed, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from http import HTTPStatus

import httpx

from mergehub.contracts.events import EventPage


class EventsPruned(Exception):
    """The source no longer keeps the next events that we need."""


class Feed:
    """The feed of one source, as the consumers of one service (`group`) read it."""

    def __init__(self, hub: httpx.AsyncClient, source: str, group: str) -> None:
        self._hub, self._source, self._group = hub, source, group

    async def pages(self, after: int, limit: int) -> AsyncGenerator[EventPage]:
        """The pages after a position; each is asked for while the one before is applied.

        Raises httpx.HTTPError if the source does not answer, and EventsPruned.
        """
        page = await self._page(after, limit)
        while page.has_more:
            coming = asyncio.create_task(self._page(page.next_after, limit))
            try:
                yield page
            except GeneratorExit:  # nobody wants the next one
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
                raise
            page = await coming
        yield page

    async def first_kept(self, after: int) -> int | None:
        """The position before the first event that the source keeps; None if nothing is missing."""
        answer = await self._ask(after, 1)
        if answer.status_code != HTTPStatus.GONE:
            return None
        return int(httpx.URL(answer.links["first"]["url"]).params["after"])

    async def _page(self, after: int, limit: int) -> EventPage:
        answer = await self._ask(after, limit)
        if answer.status_code == HTTPStatus.GONE:
            raise EventsPruned(
                f"{self._source} no longer keeps the events after {after}. Restore a newer "
                f"backup, or skip those events: python -m {self._group} skip-pruned"
            )
        answer.raise_for_status()
        return EventPage.model_validate_json(answer.content)

    async def _ask(self, after: int, limit: int) -> httpx.Response:
        return await self._hub.get("/v1/events", params={"after": after, "limit": limit})
