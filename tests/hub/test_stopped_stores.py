"""While a store is stopped (SIGSTOP), every request ends in time; afterwards all work again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from running import RunningHub, started_hub

from mergehub.kit.settings.service import ServiceSettings

pytestmark = pytest.mark.process

ANSWER_SECONDS = 2 * ServiceSettings.model_fields["request_seconds"].default
READY_SECONDS = 60
AT_ONCE = 30  # more than a service has connections
RECIPE = "merge_method: linear\nmodels:\n- {model: ./absent, parameters: {weight: 1}}\n"
WANTED = {"kind": "merge", "recipe": RECIPE, "model_name": "stopped/store"}
QUEUED = WANTED | {"hardware": "gpu"}  # no worker here takes it


@pytest.fixture(scope="module")
def hub(
    hub: RunningHub, named_stores: dict[str, str], store_folder: Path, models: Path
) -> Iterator[RunningHub]:
    """A hub whose stores are its children: the shared one, unless variables name its stores."""
    if not named_stores:
        yield hub
        return
    with started_hub(store_folder / "stopped", models) as running:
        yield running


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("store", "status"), [("postgres", 503), ("valkey-server", 202)])
def test_a_stopped_store_holds_up_no_request_for_long(
    hub: RunningHub, store: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {hub.token}"}
    limits = httpx.Limits(max_connections=2 * AT_ONCE)
    with httpx.Client(
        base_url=hub.url, headers=headers, timeout=ANSWER_SECONDS, limits=limits
    ) as http:
        http.post("/v1/runs", json=QUEUED).raise_for_status()
        with _stopped(hub, store), ThreadPoolExecutor(AT_ONCE) as pool:
            asked = [
                pool.submit(http.post, "/v1/runs", json=QUEUED)
                if number % 2
                else pool.submit(http.get, "/v1/runs")
                for number in range(AT_ONCE)
            ]
            answers = [each.result() for each in asked]
            ready = http.get("/readyz")
            metrics = http.get("/metrics")
        posted = {each.status_code for each in answers if each.request.method == "POST"}
        assert posted == {status}
        assert (ready.status_code, metrics.status_code) == (503, 200)
        with hub.client() as client:
            last = list(client.follow(client.submit(WANTED).id))[-1]
            assert last.finished_at is not None
        assert http.get("/readyz", timeout=READY_SECONDS).status_code == httpx.codes.OK


@contextmanager
def _stopped(hub: RunningHub, store: str) -> Iterator[None]:
    """A store with all its processes stopped while the block lasts."""
    [server] = [each for each in hub.process.children() if store in each.cmdline()[0]]
    processes: list[psutil.Process] = [server, *server.children(recursive=True)]
    for each in processes:
        each.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            each.send_signal(signal.SIGCONT)
