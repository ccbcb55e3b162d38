"""Searches and writes a second of the registry and of MLflow's, with as many models in each.

While one is measured, the other does not run; both have the same stores, clients and processors. A
write is the same facts for both: a model with three tags, and its version 1 with the text of the
recipe. The registry takes them in one request. MLflow takes the model first and then its version.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from threading import Lock
from urllib.parse import urlencode

from benchmarks.api.__main__ import tell
from benchmarks.lineage.server import Client, Server
from benchmarks.registry import processor
from benchmarks.registry.made import LICENCES, TOPICS
from benchmarks.registry.questions import METHODS
from benchmarks.registry.writing import AT_ONCE, TOKEN

SECONDS, WARM_SECONDS = 10.0, 2.0
SEARCHES, WRITES = 20, 5
"""So many times MLflow's throughput."""
MLFLOW, NO_TOKEN = "/api/2.0/mlflow", "none is needed"
RECIPE = "merge_method: linear\nmodels: [{model: %s, parameters: {weight: 1}}, {model: org/b}]\n"

Ask = Callable[[Client, dict[str, str], str], object]
"""Asks a service by a topic, a method and a licence, or for a new name."""


@dataclass(frozen=True)
class Speed:
    """Answers a second, and what processors each took in the service and PostgreSQL, in ms.

    `background`: what the service took outside the process that answers.
    """

    a_second: float
    service: float
    background: float
    database: float

    @property
    def processor(self) -> float:
        """Milliseconds of processors for each."""
        return self.service + self.database

    def __str__(self) -> str:
        beside = f", of it {self.background:.1f} in the background" if self.background else ""
        processors = f"{self.service:.1f}{beside}, + {self.database:.1f} ms"
        return f"{self.a_second:.1f} a second ({processors})"


def compared(ours: AbstractContextManager[Server], theirs: AbstractContextManager[Server]) -> bool:
    """Start one after the other and print how fast they are; whether ours is fast enough."""
    with ours as server:
        searched, written = _speed(server, _search), _speed(server, _write)
    with theirs as server:
        their_searches, their_writes = _speed(server, _search_mlflow), _speed(server, _write_mlflow)
        alone = _speed(server, _model_mlflow)
    good = _told("filtered searches", SEARCHES, searched, their_searches)
    good &= _told("writes", WRITES, written, their_writes)
    print(f"MLflow writes models without versions: {alone}")
    return good


def _told(what: str, times: int, ours: Speed, theirs: Speed) -> bool:
    """Other work on the machine may affect one more than the other, and processors' time less."""
    ratio, by_processor = ours.a_second / theirs.a_second, theirs.processor / ours.processor
    found = f"{ours}, {theirs} by MLflow: {ratio:.1f} times, by processor {by_processor:.1f}"
    return tell(f"{what} beside MLflow", found, f"{times} times", ratio >= times)


def _speed(server: Server, ask: Ask) -> Speed:
    """The speed of a service that some clients ask at once, after a while that does not count."""
    _answers(server, ask, WARM_SECONDS)
    before, began = processor.working(*server.processes), time.perf_counter()
    answers = _answers(server, ask, SECONDS)
    seconds, after = time.perf_counter() - began, processor.working(*server.processes)
    return Speed(answers / seconds, *after.since(before, answers))


def _answers(server: Server, ask: Ask, seconds: float) -> int:
    """The number of answers to some clients at once, each on a connection that it keeps."""
    draw, numbers, one = random.Random(8), count(time.time_ns()), Lock()
    until = time.perf_counter() + seconds

    def asked(_: int) -> int:
        answers = 0
        with server.client() as client:
            while time.perf_counter() < until:
                with one:
                    tags, name = _tags(draw), f"peer-{next(numbers)}"
                ask(client, tags, name)
                answers += 1
        return answers

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return sum(threads.map(asked, range(AT_ONCE)))


def _tags(draw: random.Random) -> dict[str, str]:
    licence = draw.choice([each for each in LICENCES if each])
    return {"topic": draw.choice(TOPICS), "method": draw.choice(METHODS), "licence": licence}


def _search(client: Client, tags: dict[str, str], _: str) -> object:
    wanted = {"tag": tags["topic"], "method": tags["method"], "licence": tags["licence"]}
    return client.get(f"/v1/recipes?{urlencode(wanted)}&limit=20")


def _search_mlflow(client: Client, tags: dict[str, str], _: str) -> object:
    wanted = " AND ".join(f"tags.{key} = '{value}'" for key, value in tags.items())
    query = urlencode({"filter": wanted, "max_results": 20})
    return client.get(f"{MLFLOW}/registered-models/search?{query}")


def _write(client: Client, tags: dict[str, str], name: str) -> object:
    body = {"name": name, "recipe": RECIPE % f"org/{name}", "tags": [*tags.values()]}
    return client.post("/v1/recipes", json.dumps(body).encode(), TOKEN)


def _write_mlflow(client: Client, tags: dict[str, str], name: str) -> object:
    _model_mlflow(client, tags, name)
    body = {"name": name, "source": f"s3://models/{name}", "description": RECIPE % f"org/{name}"}
    return client.post(f"{MLFLOW}/model-versions/create", json.dumps(body).encode(), NO_TOKEN)


def _model_mlflow(client: Client, tags: dict[str, str], name: str) -> object:
    body = {"name": name, "tags": [{"key": key, "value": tags[key]} for key in tags]}
    return client.post(f"{MLFLOW}/registered-models/create", json.dumps(body).encode(), NO_TOKEN)
