"""The hub of which the backup is made, and the one that is restored from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running import RunningHub, started_hub

from backup.first_hub import (
    ACKNOWLEDGED,
    ENV,
    SECONDS,
    Story,
    done,
    facts,
    prepared,
    token_of_workers,
    under_load,
)
from backup.receiving import Receiver
from mergehub.client import api
from mergehub.contracts.runs import FINAL
from mergehub.hub.valkey import Valkey


@pytest.fixture(scope="package")
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="package")
def place() -> Iterator[Path]:
    """A short path, since a Unix socket's must be short."""
    with tempfile.TemporaryDirectory(prefix="mh-b-") as folder:
        yield Path(folder)


@pytest.fixture(scope="package")
def story(place: Path, models: Path, receiver: Receiver) -> Story:
    """A hub with something of everything, backed up while it gets runs, and restored."""
    with started_hub(place / "first", models, **ENV) as hub, hub.client() as client:
        webhook, token = prepared(hub, client, f"http://127.0.0.1:{receiver.server_port}/")
        known, audit = facts(client), list(client.hub.pages(api.list_audit()))
        merges = [client.run(run.id) for run in client.runs() if run.kind == "merge"]
        with under_load(hub) as acknowledged:
            before = {acknowledged.get(timeout=SECONDS) for _ in range(ACKNOWLEDGED)}
            done("backup", place / "hub.tar", "--data", hub.data)
    done("restore", place / "hub.tar", "--data", place / "second")
    results = {str(run.id): run.result for run in merges}
    return Story(webhook, token, known, audit, results, before, place / "first", place / "second")


@pytest.fixture(scope="package")
def again(story: Story, models: Path) -> Iterator[RunningHub]:
    """The restored hub without a worker, so that nothing changes."""
    with started_hub(story.second, models, workers=0, **ENV) as hub:
        yield hub


@pytest.fixture(scope="package")
def working(again: RunningHub, story: Story, models: Path) -> Iterator[RunningHub]:
    """The restored hub with a worker, after the acknowledged runs have run there."""
    with worker_at(again, models), again.client() as client:
        for run in list(client.hub.pages(api.list_runs(limit=200))):
            if str(run["id"]) in story.acknowledged:
                *_, last = client.follow(run["id"])
                assert last.state == "succeeded", last.error
            elif run["state"] not in FINAL:
                client.cancel(run["id"])
        yield again


@contextmanager
def worker_at(hub: RunningHub, models: Path) -> Iterator[None]:
    """A worker at a hub that started none."""
    settings = {
        "HUB_URL": hub.url, "REDIS_URL": Valkey(hub.data / "vk").url,
        "WORKER_TOKEN": token_of_workers(hub), "MODEL_ROOTS": json.dumps([str(models)]),
        "ARTIFACTS": str(hub.data / "artifacts"), "SCRATCH": str(hub.data / "scratch"),
    }  # fmt: skip
    env = os.environ | {f"MERGEHUB_{name}": value for name, value in settings.items()}
    worker = subprocess.Popen([sys.executable, "-m", "merge_worker"], env=env)
    try:
        yield
    finally:
        worker.terminate()
        assert worker.wait(SECONDS) == 0
