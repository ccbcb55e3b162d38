"""`mergehub up` as a process, for tests that need a whole hub."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from mergehub.client import HubClient
from mergehub.contracts.runs import Run, RunState
from mergehub.whereabouts import read_connection

START_SECONDS = 180

T = TypeVar("T")


@dataclass(frozen=True)
class RunningHub:
    """One `mergehub up`: its address and its processes."""

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
def started_hub(
    data: Path, models: Path, *, workers: int = 1, port: int = 0, **env: str
) -> Iterator[RunningHub]:
    """`mergehub up`, on a free port by default; in the end it must leave no process."""
    mergehub = Path(sys.prefix) / "bin" / "mergehub"
    command = [mergehub, "up", "--data", data, "--port", port, "--models", models]
    command += ["--tasks", models / "tasks", "--workers", workers]
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


def eventually(look: Callable[[], T | None], seconds: float = 30) -> T:
    """The first answer of `look` that is not None; services learn from events with a delay."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)
    return found


def finish(hub: HubClient, run: Run) -> Run:
    """Follow a run live to its end."""
    last = list(hub.follow(run.id))[-1]
    assert last.state is RunState.SUCCEEDED, last.error
    return last


def model_of(hub: HubClient, name: str) -> dict[str, Any] | None:
    found = hub.get("/v1/models", name=name)["items"]
    return dict(found[0]) if found else None


def _ready(child: subprocess.Popen[bytes], data: Path, out: Path) -> RunningHub:
    deadline = time.monotonic() + START_SECONDS
    while "url" not in (found := read_connection(data)):
        assert child.poll() is None, out.read_text()
        assert time.monotonic() < deadline, out.read_text()
        time.sleep(0.05)
    return RunningHub(found["url"], found["token"], data, psutil.Process(child.pid))
