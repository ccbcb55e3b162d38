"""A real hub for the tests across services: `mergehub up` with tiny models of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import tiny

from mergehub.client import HubClient
from mergehub.hub.folder import read_connection

START_SECONDS = 60


@dataclass(frozen=True)
class RunningHub:
    """One `mergehub up`: how to reach it, and its processes."""

    url: str
    token: str
    data: Path
    process: psutil.Process

    def client(self) -> HubClient:
        return HubClient(self.url, self.token)

    def workers(self) -> list[psutil.Process]:
        """The worker processes, which the hub restarts when they die."""
        return [
            child
            for child in self.process.children()
            if child.cmdline()[-2:] == ["-m", "merge_worker"]
        ]


@contextmanager
def started_hub(data: Path, models: Path, **env: str) -> Iterator[RunningHub]:
    """`mergehub up` on a free port; at the end it is interrupted and must leave nothing."""
    mergehub = Path(sys.prefix) / "bin" / "mergehub"
    command = [mergehub, "up", "--data", data, "--port", "0", "--models", models]
    command += ["--tasks", models / "tasks"]
    with (data.parent / f"{data.name}.out").open("wb") as out:
        child = subprocess.Popen(
            [str(part) for part in command],
            stdout=out,
            stderr=out,
            env=dict(os.environ) | {"OMP_NUM_THREADS": "1"} | env,
        )
        try:
            yield _ready(child, data, Path(out.name))
            family = psutil.Process(child.pid).children(recursive=True)
            child.send_signal(signal.SIGINT)
            assert child.wait(START_SECONDS) == 0, Path(out.name).read_text()
            assert not psutil.wait_procs(family, timeout=10)[1]
        finally:
            child.kill()
            child.wait()


def _ready(child: subprocess.Popen[bytes], data: Path, out: Path) -> RunningHub:
    deadline = time.monotonic() + START_SECONDS
    while "url" not in (found := read_connection(data)):
        assert child.poll() is None, out.read_text()
        assert time.monotonic() < deadline, out.read_text()
        time.sleep(0.05)
    return RunningHub(found["url"], found["token"], data, psutil.Process(child.pid))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with tiny models, an adapter, and a task folder."""
    root = tmp_path_factory.mktemp("models")
    tiny.write_all(root)
    return root


@pytest.fixture(scope="session")
def hub(store_folder: Path, models: Path) -> Iterator[RunningHub]:
    """The hub that most tests share, with embedded stores or those that the variables name."""
    named = {
        name: os.environ[f"MERGEHUB_TEST_{name.removeprefix('MERGEHUB_')}"]
        for name in ("MERGEHUB_DATABASE_URL", "MERGEHUB_REDIS_URL")
        if f"MERGEHUB_TEST_{name.removeprefix('MERGEHUB_')}" in os.environ
    }
    with started_hub(store_folder / "hub", models, **named) as running:
        yield running


@pytest.fixture
async def fresh_database(database_of: Callable[[str], Awaitable[str]]) -> str:
    """The URL of an empty database on the server that the tests use."""
    return await database_of("e2e")
