"""Searches and writes a second of the registry and of MLflow's, with as many models in each."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Lock
from urllib.parse import urlencode

from benchmarks.api.__main__ import tell
from benchmarks.lineage.server import Client, Server
from benchmarks.registry.made import LICENCES, TOPICS
from benchmarks.registry.questions import METHODS
from benchmarks.registry.writing import TOKEN

CLIENTS = 4
SECONDS = 10.0
SEARCHES, WRITES = 20, 5
"""So many times MLflow's throughput."""
MLFLOW = "/api/2.0/mlflow/registered-models"
RECIPE = "merge_method: linear\nmodels: [{model: %s, parameters: {weight: 1}}, {model: org/b}]\n"

Ask = Callable[[Client, dict[str, str], str], object]
"""Asks a service by a topic, a method and a licence, or for a new name."""


def compared(ours: Server, theirs: Server) -> bool:
    """Print how fast both are, one after the other; whether ours is fast enough."""
    good = True
    for what, times, our, their in (
        ("filtered searches", SEARCHES, _search, _search_mlflow),
        ("writes", WRITES, _write, _write_mlflow),
    ):
        mine, its = _speed(ours, our), _speed(theirs, their)
        found = f"{mine:.0f} a second, {its:.1f} by MLflow: {mine / its:.1f} times"
        good &= tell(f"{what} beside MLflow", found, f"{times} times", mine >= times * its)
    return good


def _speed(server: Server, ask: Ask) -> float:
    """Answers a second to some clients at once, each on a connection that it keeps."""
    draw, numbers, one = random.Random(8), count(time.time_ns()), Lock()
    until = time.perf_counter() + SECONDS

    def asked(_: int) -> int:
        answers = 0
        with server.client() as client:
            while time.perf_counter() < until:
                with one:
                    tags, name = _tags(draw), f"peer-{next(numbers)}"
                ask(client, tags, name)
                answers += 1
        return answers

    with ThreadPoolExecutor(CLIENTS) as threads:
        return sum(threads.map(asked, range(CLIENTS))) / SECONDS


def _tags(draw: random.Random) -> dict[str, str]:
    licence = draw.choice([each for each in LICENCES if each])
    return {"topic": draw.choice(TOPICS), "method": draw.choice(METHODS), "licence": licence}


def _search(client: Client, tags: dict[str, str], _: str) -> object:
    wanted = {"tag": tags["topic"], "method": tags["method"], "licence": tags["licence"]}
    return client.get(f"/v1/recipes?{urlencode(wanted)}&limit=20")


def _search_mlflow(client: Client, tags: dict[str, str], _: str) -> object:
    wanted = " AND ".join(f"tags.{key} = '{value}'" for key, value in tags.items())
    query = urlencode({"filter": wanted, "max_results": 20})
    return client.get(f"{MLFLOW}/search?{query}")


def _write(client: Client, tags: dict[str, str], name: str) -> object:
    body = {"name": name, "recipe": RECIPE % f"org/{name}", "tags": [*tags.values()]}
    return client.post("/v1/recipes", json.dumps(body).encode(), TOKEN)


def _write_mlflow(client: Client, tags: dict[str, str], name: str) -> object:
    body = {"name": name, "tags": [{"key": key, "value": tags[key]} for key in tags]}
    return client.post(f"{MLFLOW}/create", json.dumps(body).encode(), "none is needed")
