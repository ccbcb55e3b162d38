"""How many edges a second the service learns, by event and in bulk, while it answers."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from typing import Any
from urllib.parse import quote

from benchmarks.api.__main__ import tell
from benchmarks.lineage import registry
from benchmarks.lineage.server import Client, Server

EVENTS = 20_000
BATCH = 10_000
BATCHES = 20
AT_ONCE = 2
EVENT_EDGES = 2_000
BULK_EDGES = 20_000
PATIENCE_SECONDS = 300
QUESTION_SECONDS = 0.02
"""The pause between questions beside a bulk import: fifty people a second look at the map."""
TOKEN = "mh_" + "b" * 43


@contextmanager
def feeding(registry: str = "benchmarks.lineage.registry:app") -> Iterator[int]:
    """The registry's side, on the port that this yields."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    app = [registry, "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen([sys.executable, "-m", "uvicorn", *app])
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def by_event(server: Server, port: int) -> bool:
    """The time until the last event's model has its parents in the graph that answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", f"/made/{EVENTS}")
    connection.getresponse().read()
    started = time.perf_counter()
    with server.client() as client:
        _until(lambda: _parents(client, registry.name(EVENTS)) == registry.PARENTS)
    speed = EVENTS * registry.PARENTS / (time.perf_counter() - started)
    return tell("edges by event", f"{speed:.0f} a second", "2,000", speed >= EVENT_EDGES)


def _parents(client: Client, name: str) -> int:
    """How many parents the model of this name has; 0 if it is not there."""
    found = json.loads(client.get(f"/v1/models?name={quote(name)}"))["items"]
    if not found:
        return 0
    walk = json.loads(client.get(f"/v1/models/{found[0]['id']}/ancestors?max_depth=1"))
    return len(walk["edges"])


def _until(done: Any) -> None:
    until = time.perf_counter() + PATIENCE_SECONDS
    while not done():
        if time.perf_counter() > until:
            raise TimeoutError("The service did not learn the edges in time.")
        time.sleep(0.05)


def in_bulk(server: Server, models: int) -> float:
    """Edges a second by `POST /v1/graph/imports`, two batches at a time, made before the clock."""
    bodies = [_batch(number, models) for number in range(BATCHES)]
    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for added in threads.map(partial(_import, server), bodies):
            assert added == BATCH, added
    return BATCHES * BATCH / (time.perf_counter() - started)


def _batch(number: int, models: int) -> bytes:
    rows = [_row(number * BATCH + place, models) for place in range(BATCH)]
    return json.dumps({"source": "edge-list", "edges": rows}).encode()


def _import(server: Server, body: bytes) -> int:
    """How many edges the service added."""
    with server.client() as client:
        report = client.post("/v1/graph/imports", body, TOKEN)
    return int(report["edges"]["added"])


def _row(place: int, models: int) -> dict[str, Any]:
    """Two edges to each new model, from models of the graph."""
    parent = place * 15_485_863 % models
    return {
        "child": f"bulk/model-{place // 2}",
        "parent": f"maker-{parent % 50000}/model-{parent}",
        "relation": "finetune",
    }


@contextmanager
def answering(server: Server, models: Sequence[str], pause: float = 0) -> Iterator[list[str]]:
    """Ask what some models came from, again and again; yields what came out otherwise.

    `pause`: seconds between two questions.
    """
    wrong: list[str] = []
    stop = threading.Event()
    with server.client() as client:
        known = {each: _walk(client, each) for each in models}

    def ask() -> None:
        with server.client() as client:
            for each in cycle(models):
                if stop.wait(pause):
                    return
                if _walk(client, each) != known[each]:
                    wrong.append(each)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield wrong
    finally:
        stop.set()
        thread.join()


def _walk(client: Client, model: str) -> list[str]:
    walk = json.loads(client.get(f"/v1/models/{model}/ancestors"))
    return [node["id"] for node in walk["nodes"]]


def measure(server: Server, port: int, models: int, sample: Sequence[str]) -> bool:
    """Learn by event, then in bulk; the answers of a sample stay the same meanwhile."""
    with answering(server, sample) as wrong:
        good = by_event(server, port)
    with answering(server, sample, QUESTION_SECONDS) as more:
        speed = in_bulk(server, models)
    good &= tell("edges in bulk", f"{speed:.0f} a second", "20,000", speed >= BULK_EDGES)
    wrong += more
    return good & tell("answers meanwhile", f"{len(wrong)} wrong", "none", not wrong)
