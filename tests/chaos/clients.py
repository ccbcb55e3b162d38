"""Clients that submit until they get an answer, and note every answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Any

import httpx

from mergehub.backoff import Backoff

from .dishes import Submission
from .history import History

BACKOFF = Backoff(first=0.1, longest=1.0, jitter=0.5)
REQUEST_SECONDS = 5.0
REPLAY_SECONDS = 8.0
CLIENTS = 5

OnAcknowledged = Callable[[str, Submission], Awaitable[None]]


class Client:
    """One HTTP client of the hub. It sends a request without an answer again unchanged."""

    def __init__(self, url: str, token: str, log: History) -> None:
        self._log = log
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=REQUEST_SECONDS,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def submit(self, wish: Submission) -> str | None:
        """The id of the run; None if the hub refuses it, which it should not."""
        headers = {"Idempotency-Key": wish.key}
        answer = await self._answered("POST", "/v1/runs", json=wish.body, headers=headers)
        told = answer.json()
        if answer.status_code == HTTPStatus.ACCEPTED:
            self._log.record("acknowledged", key=wish.key, run=told["id"], dish=wish.dish)
            return str(told["id"])
        self._log.record("declined", key=wish.key, status=answer.status_code, said=told)
        return None

    async def cancel(self, run: str) -> None:
        answer = await self._answered("POST", f"/v1/runs/{run}/cancel", final=[HTTPStatus.CONFLICT])
        self._log.record("cancelled", run=run, status=answer.status_code)

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON at a path."""
        return (await self._answered("GET", path, params=query)).json()

    async def _answered(
        self, method: str, path: str, final: Iterable[int] = (), **request: Any
    ) -> httpx.Response:
        """The final answer to a request, which is sent again while a retry may help."""
        for pause in BACKOFF.pauses():
            try:
                answer = await self._http.request(method, path, **request)
            except httpx.TransportError as error:
                self._log.record("unanswered", path=path, error=type(error).__name__)
            else:
                if answer.status_code in final or not _passing(answer.status_code):
                    return answer
                self._log.record("put off", path=path, status=answer.status_code)
            await asyncio.sleep(pause)
        raise AssertionError("the pauses never end")


def _passing(status: int) -> bool:
    return status >= 500 or status in (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)


async def submit_all(
    client: Callable[[], Client], wishes: Iterable[Submission], heard: OnAcknowledged
) -> None:
    """Let several clients submit, each wish when it is due; returns when all are done."""
    queue = asyncio.Queue[Submission]()
    for wish in wishes:
        queue.put_nowait(wish)
    began = asyncio.get_running_loop().time()

    async def work(one: Client) -> None:
        async with asyncio.TaskGroup() as later:
            while not queue.empty():
                wish = queue.get_nowait()
                await asyncio.sleep(began + wish.due - asyncio.get_running_loop().time())
                later.create_task(_fulfil(one, wish, heard))
        await one.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(work(client()))


async def _fulfil(client: Client, wish: Submission, heard: OnAcknowledged) -> None:
    """Submit as the wish says: once or twice at once, maybe again later, maybe cancel."""
    runs = await asyncio.gather(*(client.submit(wish) for _ in range(1 + wish.twice)))
    if runs[0] is None:
        return
    await heard(runs[0], wish)
    if wish.cancel is not None:
        await asyncio.sleep(wish.cancel)
        await client.cancel(runs[0])
    if wish.replay:
        await asyncio.sleep(REPLAY_SECONDS)
        await client.submit(wish)
