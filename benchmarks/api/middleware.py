"""The cost of the middleware: a service beside a bare handler that makes the same query."""

from __future__ import annotations

import asyncio
import socket
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import psutil

from benchmarks.api.load import load
from mergehub.kit.identity.tokens import new_token

REGISTRY = (
    "--factory",
    "registry.app:create_app",
    "--http",
    "mergehub.kit.http.server:PatientProtocol",
)
CONNECTIONS = 8
START_SECONDS = 60
RECIPES = 100
RECIPE = """
merge_method: linear
models:
  - {model: some/model, parameters: {weight: 0.5}}
  - {model: other/model, parameters: {weight: 0.5}}
dtype: bfloat16
"""


@dataclass(frozen=True)
class Round:
    """Answers a second, and the server's processor time for each in milliseconds."""

    per_second: float
    milliseconds: float


@dataclass(frozen=True)
class Cost:
    """Rounds of a service and of the bare handler, side by side."""

    rounds: list[tuple[Round, Round]]

    @property
    def time(self) -> float:
        """How much longer the service takes for an answer, as a share; median of the rounds."""
        return (
            statistics.median(bare.per_second / ours.per_second for ours, bare in self.rounds) - 1
        )

    @property
    def processor(self) -> float:
        """The same for the processor time."""
        return (
            statistics.median(ours.milliseconds / bare.milliseconds for ours, bare in self.rounds)
            - 1
        )


@dataclass(frozen=True)
class Server:
    """A process that serves on a port of this machine."""

    port: int
    process: psutil.Process
    token: str | None

    async def round(self, path: str, seconds: float) -> Round:
        before = self._worked()
        per_second = await load(self.port, path, self.token, CONNECTIONS, seconds)
        return Round(per_second, (self._worked() - before) / (per_second * seconds) * 1000)

    def _worked(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system


@asynccontextmanager
async def serving(
    *app: str, env: dict[str, str], token: str | None = None
) -> AsyncIterator[Server]:
    """`uvicorn` as the images of the services start it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["-m", "uvicorn", *app, "--port", str(port), "--log-level", "warning"]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, env=env)
    try:
        await _reached(port)
        yield Server(port, psutil.Process(process.pid), token)
    finally:
        process.terminate()
        await process.wait()


async def _reached(port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def publish(server: Server) -> str:
    """Store some recipes; returns the id of one."""
    headers = {"Authorization": f"Bearer {server.token}"}
    url = f"http://127.0.0.1:{server.port}"
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        for number in range(RECIPES):
            body = {"name": f"recipe-{number}", "recipe": RECIPE, "tags": ["small", "bench"]}
            answer = await client.post("/v1/recipes", json=body)
            assert answer.status_code == httpx.codes.CREATED, answer.text
    return str(answer.json()["id"])


async def compare(env: dict[str, str], rounds: int, seconds: float) -> dict[str, Cost]:
    """Both servers in turn, for each kind of request; the first round warms up."""
    token = new_token()
    ours = env | {
        "MERGEHUB_BOOTSTRAP_TOKEN": token,
        "MERGEHUB_BACKGROUND": "separate",
        "MERGEHUB_RATE_READS": "1000000",
    }
    async with (
        serving(*REGISTRY, env=ours, token=token) as mannered,
        serving("benchmarks.api.bare:app", env=env) as bare,
    ):
        recipe = await publish(mannered)
        paths = {"one recipe": f"/v1/recipes/{recipe}", "a page of 20": "/v1/recipes?limit=20"}
        return {
            what: Cost(await _in_turn((mannered, bare), path, rounds + 1, seconds))
            for what, path in paths.items()
        }


async def _in_turn(
    servers: tuple[Server, Server], path: str, rounds: int, seconds: float
) -> list[tuple[Round, Round]]:
    return [
        (await servers[0].round(path, seconds), await servers[1].round(path, seconds))
        for _ in range(rounds)
    ][1:]
