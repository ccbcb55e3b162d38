"""The deployed hub on one machine: two of each service, three workers, and an orchestrator.

As in a cluster, HTTP and background work are separate processes, workers have their own scratch
folders and share the artifacts, and all reach each other only through the network.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
from forked import ForkedProgram

from mergehub.contracts.services import SERVICES
from mergehub.hub.postgres import Postgres
from mergehub.hub.supervisor import Part
from mergehub.hub.valkey import Valkey

from .history import History
from .proxy import Network
from .waiting import until

OWNER, WORKER = "mgh_chaos-owner-token", "mgh_chaos-worker-token"
REPLICAS = 2
WORKERS = 3
LOOK_SECONDS = 0.05
READY_SECONDS = 240.0


class Stack:
    """The parts by name; a part that dies is restarted a little later, unless it is held."""

    def __init__(self, folder: Path, models: Path, scratch: Sequence[Path], log: History) -> None:
        self.folder, self.artifacts, self.scratch = folder, folder / "artifacts", scratch
        self._models, self._log = models, log
        (folder / "logs").mkdir()
        self.postgres = Postgres(folder / "pg", folder / "logs" / "postgres.log")
        self.valkey = Valkey(folder / "vk", folder / "logs" / "valkey.log")
        self.stores = {"postgres": self.postgres, "valkey": self.valkey}
        self.parts: dict[str, Part] = dict(self.stores)
        self.held: set[str] = set()
        self.network = Network(
            {
                "postgres": [folder / "pg" / "s" / ".s.PGSQL.5432"],
                "valkey": [folder / "vk" / "s"],
                "hub": [self.socket("registry", n) for n in range(REPLICAS)],
            }
        )

    @property
    def hub_url(self) -> str:
        return f"http://127.0.0.1:{self.network.port('hub')}"

    def socket(self, service: str, replica: int) -> Path:
        return self.folder / f"{service}-{replica}.s"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything for the block, and stop it at the end, the stores last."""
        with self.network:
            try:
                for store in (self.valkey, self.postgres):
                    store.start()
                self._launch_programs()
                yield
            finally:
                self._stop()

    def _stop(self) -> None:
        """Signal all programs at once, then wait for each; the stores come last."""
        for name, part in self.parts.items():
            if part.pid is not None and part.poll() is None:
                os.kill(part.pid, signal.SIGCONT)
                if name not in self.stores:
                    os.kill(part.pid, signal.SIGTERM)
        for name, part in reversed(self.parts.items()):
            part.stop()
            self._log.record("stopped", name=name)

    async def ready(self) -> None:
        """Wait until every replica of every service says that it is."""
        async with asyncio.timeout(READY_SECONDS):
            for service in SERVICES:
                for replica in range(REPLICAS):
                    await until(partial(answers, self.socket(service.name, replica)))

    async def keep(self, rng: random.Random) -> None:
        """Restart parts that end, for ever, as an orchestrator does, after about half a second."""
        due: dict[str, float] = {}
        clock = asyncio.get_running_loop().time
        while True:
            for name, part in self.parts.items():
                if name in self.held or part.poll() is None:
                    continue
                if name not in due:
                    self._log.record("ended", name=name, status=part.poll())
                    due[name] = clock() + rng.uniform(0.2, 1.0)
                elif clock() >= due[name]:
                    del due[name]
                    with suppress(OSError):  # a full disk: then again in a moment
                        part.launch()
                    self._log.record("started", name=name, pid=part.pid)
            await asyncio.sleep(LOOK_SECONDS)

    def names(self, kind: str) -> list[str]:
        """The programs of a kind: `api`, `background` or `worker`."""
        return [name for name in self.parts if kind in name.split("-")]

    def _launch_programs(self) -> None:
        programs = [
            *self._services(), *(self._worker(number) for number in range(WORKERS))
        ]  # fmt: skip
        for program in programs:
            self.parts[program.name] = program
            program.launch()

    def _services(self) -> Iterator[ForkedProgram]:
        for service in SERVICES:
            for replica in range(REPLICAS):
                serve = ["uvicorn", "--factory", service.factory]
                serve += ["--uds", str(self.socket(service.name, replica))]
                serve += ["--timeout-graceful-shutdown", "2"]
                yield self._program(f"{service.name}-api-{replica}", serve)
                yield self._program(f"{service.name}-background-{replica}", [service.name])

    def _worker(self, number: int) -> ForkedProgram:
        name = f"worker-{number}"
        return self._program(
            name,
            ["merge_worker"],
            MERGEHUB_WORKER_NAME=name,
            MERGEHUB_SCRATCH=str(self.scratch[number]),
            MERGEHUB_ARTIFACTS=str(self.artifacts),
            MERGEHUB_MODEL_ROOTS=json.dumps([str(self._models)]),
            MERGEHUB_KEEP_FAILED_HOURS="0",  # so that failed runs leave nothing either
            MERGEHUB_TASK_ROOTS=json.dumps([str(self._models / "tasks")]),
        )

    def _program(self, name: str, command: list[str], **more: str) -> ForkedProgram:
        port = self.network.port
        env = {
            "MERGEHUB_DATA": str(self.folder),
            "MERGEHUB_DATABASE_URL": f"postgresql://mergehub@127.0.0.1:{port('postgres')}/postgres",
            "MERGEHUB_REDIS_URL": f"redis://127.0.0.1:{port('valkey')}/0",
            "MERGEHUB_HUB_URL": self.hub_url,
            "MERGEHUB_BACKGROUND": "separate",
            "MERGEHUB_DATABASE_POOL": "2",  # twelve processes share the embedded server's hundred
            "MERGEHUB_BOOTSTRAP_TOKEN": OWNER,
            "MERGEHUB_WORKER_TOKEN": WORKER,
            "OMP_NUM_THREADS": "1",
        }
        log = self.folder / "logs" / f"{name}.log"
        module, *rest = command
        imports = [service.factory.partition(":")[0] for service in SERVICES]
        return ForkedProgram(name, module, rest, env | more, log, imports)


async def answers(socket: Path) -> bool:
    """Whether the service on a Unix socket says that it is ready."""
    transport = httpx.AsyncHTTPTransport(uds=str(socket), verify=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub", timeout=5) as client:
        try:
            return (await client.get("/readyz")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
