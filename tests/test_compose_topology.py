"""The deployment of docker-compose.yml, run without containers: the whole story of a model."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from running import eventually
from standardwebhooks import Webhook
from story import evaluated, from_recipe_to_uplift
from topology.models import digest_in, readable_models
from topology.network import lacking
from topology.topology import Topology, deployed

from mergehub.contracts.services import SERVICES

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def topology() -> Iterator[Topology]:
    if reason := lacking():
        pytest.skip(reason)
    with (
        tempfile.TemporaryDirectory(prefix="mh-") as name,
        deployed(Path(name) / "hub", readable_models(Path(name))) as running,
    ):
        yield running


Delivery = tuple[dict[str, str], bytes]


@contextmanager
def receiver(address: str) -> Iterator[tuple[str, list[Delivery]]]:
    """A receiver of webhooks at `address`: its URL, and what it got."""
    got: list[Delivery] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer((address, 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{address}:{server.server_port}/hook", got
        finally:
            server.shutdown()


def created_webhook(topology: Topology, url: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {topology.secret('owner_token')}"}
    wanted = {"url": url, "types": ["run.succeeded"]}
    answer = httpx.post(f"{topology.url}/v1/webhooks", json=wanted, headers=headers, timeout=30)
    return dict(answer.raise_for_status().json())


def test_from_a_recipe_to_its_uplift_and_a_webhook(topology: Topology) -> None:
    with receiver(f"{topology.network.prefix}.1") as (url, got), topology.client() as hub:
        endpoint = created_webhook(topology, url)
        evaluated(hub, "base")
        from_recipe_to_uplift(hub, lambda run: digest_in(topology, run))
        headers, body = eventually(lambda: got[0] if got else None)
        event = Webhook(endpoint["secret"]).verify(body, headers)
        assert event["type"] == "run.succeeded"


def test_the_gateway_passes_each_path_to_its_service(topology: Topology) -> None:
    with httpx.Client(base_url=topology.url, timeout=30) as client:
        for service in SERVICES:
            shown = client.get(f"/docs/openapi/{service.name}.json").raise_for_status().json()
            assert shown["info"]["title"] == f"Mergehub {service.name}"
        assert client.get("/v1/boards/overall").status_code == 200
        assert client.get("/v1/models").status_code == 200
        assert client.get("/v1/runs").status_code == 200
        assert client.get("/").headers["Content-Type"].startswith("text/html")
        assert client.get("/map").text == client.get("/").text
        reader = client.get("/nothing", headers={"Accept": "text/html,*/*"})
        assert (reader.status_code, "Page not found" in reader.text) == (404, True)
        missing = client.get("/nothing")
        assert (missing.status_code, missing.json()["status"]) == (404, 404)
        assert missing.headers["Content-Type"] == "application/problem+json"


def test_events_pass_the_gateway_at_once(topology: Topology) -> None:
    with topology.client() as hub:
        run = hub.submit({"kind": "evaluate", "model": "base", "benchmarks": ["none"]})
    with httpx.stream("GET", f"{topology.url}/v1/runs/{run.id}/events", timeout=60) as stream:
        first = next(line for line in stream.iter_lines() if line.startswith("data:"))
    assert json.loads(first.removeprefix("data:"))["id"] == str(run.id)


def test_a_caller_cannot_choose_the_address_that_limits_count(topology: Topology) -> None:
    log = topology.containers["registry"].log
    httpx.get(f"{topology.url}/v1/queues", headers={"X-Forwarded-For": "203.0.113.7"})
    lines = log.read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if "/v1/queues " in line][-1:]
    assert f"{topology.network.prefix}.1:" in line
    assert "203.0.113.7" not in line


def test_no_program_but_the_gateway_runs_with_a_capability_or_as_root(topology: Topology) -> None:
    for name, container in topology.containers.items():
        if container.service.is_job:
            continue
        status = Path(f"/proc/{container.pid()}/status").read_text(encoding="utf-8")
        found = dict(line.split(":\t", 1) for line in status.splitlines())
        assert "0" not in found["Uid"].split(), name
        assert found["NoNewPrivs"] == "1", name
        assert int(found["CapEff"], 16) == 0, name


def test_every_program_stops_by_itself(topology: Topology) -> None:
    for name in ("lineage", "registry-background", "worker", "gateway"):
        with topology.stopped(name) as container:
            assert container.poll() in (0, -15), name
