"""Every service as a process over real stores, with a little of everything in them."""

from __future__ import annotations

import base64
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from forked import ForkedProgram

from mergehub.contracts.services import SERVICES
from mergehub.hub.postgres import Postgres
from mergehub.hub.valkey import Valkey
from mergehub.tls import tls

from .planted import Dictionaries, grown, plant

OWNER = "mgh_owner-of-the-fuzzing"
WORKER = "mgh_worker-of-the-fuzzing"
SERVICE = "mgh_service-of-the-fuzzing"
SECRETS_KEY = base64.b64encode(bytes(32)).decode()
READY_SECONDS = 60.0


@dataclass(frozen=True)
class Stack:
    """Running services: their addresses and logs by name, and the planted values."""

    urls: Mapping[str, str]
    planted: Dictionaries
    logs: Path

    def log(self, service: str) -> str:
        return (self.logs / f"{service}.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def running() -> Iterator[Stack]:
    """Start stores and services in a temporary folder for the block."""
    with tempfile.TemporaryDirectory(prefix="mh-") as folder, ExitStack() as stack:
        root = Path(folder)
        postgres, valkey = Postgres(root / "pg"), Valkey(root / "vk")
        for store in (postgres, valkey):
            store.start()
            stack.callback(store.stop)
        urls = {each.name: f"http://127.0.0.1:{_free_port()}" for each in SERVICES}
        env = _settings(postgres.url, valkey.url, urls["registry"])
        for service in SERVICES:
            program = _program(service.name, service.factory, urls[service.name], env, root)
            stack.callback(program.stop)
            _start(program, urls[service.name])
            if service.name == "registry":
                registry = program
        planted = _plant(urls)
        registry.stop()
        # From here on no webhook is sent, since the fuzzing makes up their addresses.
        registry = replace(registry, env=env | {"MERGEHUB_BACKGROUND": "separate"})
        stack.callback(registry.stop)
        _start(registry, urls["registry"])
        yield Stack(urls, planted, root)


def _settings(database: str, redis: str, hub: str) -> dict[str, str]:
    return {
        "MERGEHUB_DATABASE_URL": database,
        "MERGEHUB_REDIS_URL": redis,
        "MERGEHUB_HUB_URL": hub,
        "MERGEHUB_BOOTSTRAP_TOKEN": OWNER,
        "MERGEHUB_WORKER_TOKEN": WORKER,
        "MERGEHUB_SERVICE_TOKEN": SERVICE,
        "MERGEHUB_SECRETS_KEYS": f'["{SECRETS_KEY}"]',
        "MERGEHUB_REQUIRE_TOKEN": "true",  # so that every operation must refuse wrong ones
        "MERGEHUB_RATE_READS": "0",  # no limit: one caller sends thousands of requests a minute
        "MERGEHUB_RATE_WRITES": "0",
        "MERGEHUB_LOG_LEVEL": "error",
    }


def _program(
    name: str, factory: str, url: str, env: Mapping[str, str], folder: Path
) -> ForkedProgram:
    command = ["--factory", factory]
    command += [
        "--port",
        str(httpx.URL(url).port),
        "--http",
        "mergehub.kit.http.server:PatientProtocol",
    ]
    command += ["--no-access-log", "--no-server-header", "--log-level", "warning"]
    imports = [factory.partition(":")[0]]
    return ForkedProgram(name, "uvicorn", command, env, folder / f"{name}.log", imports)


def _plant(urls: Mapping[str, str]) -> Dictionaries:
    with (
        _client(urls["registry"], OWNER) as registry,
        _client(urls["registry"], WORKER) as worker,
        _client(urls["lineage"], OWNER) as lineage,
        _client(urls["leaderboard"], OWNER) as leaderboard,
    ):
        return plant(registry, worker) | grown(lineage, leaderboard)


def _client(url: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30, verify=tls(url))


def _start(program: ForkedProgram, url: str) -> None:
    program.launch()
    deadline = time.monotonic() + READY_SECONDS
    while not _ready(url):
        if program.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{program.name} does not start:\n{program.log.read_text()}")
        time.sleep(0.05)


def _ready(url: str) -> bool:
    try:
        answer = httpx.get(f"{url}/readyz", trust_env=False, verify=tls(url))
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port
