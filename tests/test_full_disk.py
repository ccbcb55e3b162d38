"""A hub whose data folder is on a disk that fills up and is emptied again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import pytest
from chaos.disks import filled, small_disks
from running import RunningHub, started_hub

from mergehub.hub.postgres import Postgres

pytestmark = pytest.mark.process

SECONDS = 90
RUNS = 2
SIZE = "400m,nr_inodes=20000"  # the hub needs 200 MB
RECIPE = "merge_method: linear\nmodels:\n- {model: base, parameters: {weight: 1}}\n"
LOG_OF_POSTGRES = "SELECT pg_logical_emit_message(true, 'test', repeat('x', 1000000))"


@pytest.fixture
def hub(store_folder: Path, models: Path) -> Iterator[RunningHub]:
    data = store_folder / "small"
    with small_disks([data], SIZE) as mounted:
        if not mounted:
            pytest.skip("cannot mount a small disk here (only root can)")
        with started_hub(data, models) as running:
            yield running


@pytest.mark.timeout(4 * SECONDS)
def test_while_the_disk_is_full_reads_go_on_and_afterwards_everything_does(hub: RunningHub) -> None:
    with hub.client() as client, httpx.Client(base_url=hub.url, timeout=SECONDS) as http:
        http.headers["Authorization"] = f"Bearer {hub.token}"
        wanted = {"kind": "merge", "recipe": RECIPE, "model_name": "full/disk"}
        runs = [client.submit(wanted) for _ in range(RUNS)]
        with filled(hub.data):
            answer = http.post("/v1/runs", json=wanted)
            assert (answer.status_code, answer.json()["code"]) == (503, "storage-full")
            assert int(answer.headers["Retry-After"]) > 0
            assert http.get("/v1/runs").status_code == 200
            assert http.get("/v1/models").status_code == 200
            asyncio.run(_stop_postgres_for_want_of_room(hub))
            _until(lambda: "postgres ended" in _said(hub), "and the hub did not end with it")
            assert http.get("/v1/runs").json()["code"] == "unavailable"
        _until(lambda: http.get("/readyz").status_code == 200)
        for run in [*runs, client.submit(wanted)]:
            *_, last = client.follow(run.id)
            assert last.state == "succeeded", last.error
        _until(lambda: "full/disk" in http.get("/v1/models").text)


async def _stop_postgres_for_want_of_room(hub: RunningHub) -> None:
    """Fill the rest of its log, so that it ends and cannot start."""
    connection = await asyncpg.connect(Postgres(hub.data / "pg").url)
    with suppress(asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError):
        while True:
            await connection.execute(LOG_OF_POSTGRES)


def _said(hub: RunningHub) -> str:
    return hub.data.with_name(f"{hub.data.name}.out").read_text(encoding="utf-8")


def _until(condition: Callable[[], bool], what: str = "") -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
