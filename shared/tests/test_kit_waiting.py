"""A process that ends lets requests go that wait for a change, and waits for no one else."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from mergehub.kit.http.follow import changed
from mergehub.kit.http.server import PatientProtocol
from mergehub.kit.http.waiting import first_of


class Server(uvicorn.Server):
    begun: asyncio.Event

    def capture_signals(self) -> Any:
        return nullcontext()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.begun.set()


class Thing:
    revision = 1


async def test_a_server_that_ends_answers_what_waits_for_a_change() -> None:
    app, waits = FastAPI(), asyncio.Event()

    async def look() -> Thing:
        waits.set()
        return Thing()

    @app.get("/thing")
    async def read() -> int:
        return (await changed(look, asyncio.Event(), after=1, seconds=3600)).revision

    config = uvicorn.Config(app, port=0, http=PatientProtocol, lifespan="off", log_config=None)
    server = Server(config)
    server.begun = asyncio.Event()
    serving = asyncio.create_task(server.serve())
    await server.begun.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        asked = asyncio.create_task(client.get("/thing", timeout=None))
        await waits.wait()
        server.should_exit = True
        answer = await asked
    await serving
    assert (answer.status_code, answer.json()) == (200, 1)


async def test_what_is_not_first_is_cancelled() -> None:
    never = asyncio.get_running_loop().create_future()
    await first_of((asyncio.sleep(0), never), 3600)
    assert never.cancelled()
