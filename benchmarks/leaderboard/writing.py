"""How many results a second the service learns, and how soon a board shows one."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from benchmarks.api.__main__ import tell
from benchmarks.leaderboard import registry, results
from benchmarks.leaderboard.results import Made
from benchmarks.lineage.server import Server
from benchmarks.lineage.writing import TOKEN

EVENTS = 10_000
BATCH = 10_000
AT_ONCE = 2
PATIENCE_SECONDS = 600
BY_EVENT = 1000
CURRENT_SECONDS = 2
IMPORT_SECONDS = 300
MILLION = 1_000_000


def by_event(server: Server, port: int) -> bool:
    """The time until a board shows the last of many events."""
    started = time.perf_counter()
    _feed(port, EVENTS)
    _until(lambda: _shows(server, registry.event(EVENTS)["data"], "true"))
    speed = EVENTS / (time.perf_counter() - started)
    return tell("results by event", f"{speed:.0f} a second", "1,000", speed >= BY_EVENT)


def current(server: Server, made: Made) -> bool:
    """The time from an answered import of one result to the board that shows it, ten times."""
    longest = 0.0
    for number in range(10):
        row = next(results.rows(made, range(number, number + 1))) | {"model": f"one/of-{number}"}
        assert _import(server, [row]) == 1
        started = time.perf_counter()
        _until(lambda row=row: _shows(server, row, "false"))
        longest = max(longest, time.perf_counter() - started)
    good = longest < CURRENT_SECONDS
    return tell("a board is current after a result", f"{longest:.2f} s at most", "2 s", good)


def _feed(port: int, count: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", f"/made/{count}")
    connection.getresponse().read()
    connection.close()


def _shows(server: Server, wanted: dict[str, Any], verified: str) -> bool:
    """Whether the board has a score."""
    with server.client() as client:
        path = f"/v1/boards/overall?model={quote(wanted['model'])}&verified={verified}"
        rows = json.loads(client.get(path))["items"]
    return any(
        wanted["benchmark"] in row["scores"]
        and abs(row["scores"][wanted["benchmark"]]["raw"] - wanted["value"]) < 1e-9
        for row in rows
    )


def _until(done: Callable[[], bool]) -> None:
    until = time.perf_counter() + PATIENCE_SECONDS
    while not done():
        if time.perf_counter() > until:
            raise TimeoutError("The service did not learn the results in time.")
        time.sleep(0.02)


def _import(server: Server, rows: list[dict[str, Any]]) -> int:
    """How many results the service added."""
    body = {"source": "imported", "origin": "bench", "dry_run": False, "results": rows}
    with server.client() as client:
        report = client.post("/v1/results/imports", json.dumps(body).encode(), TOKEN)
    return int(report["added"])


def imported(server: Server, made: Made, count: int) -> bool:
    """Batches of results by `POST /v1/results/imports`, two at a time."""

    def send(begin: int) -> int:
        return _import(server, list(results.rows(made, range(begin, begin + BATCH))))

    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        added = sum(threads.map(send, range(0, count, BATCH)))
    seconds = time.perf_counter() - started
    assert added == count, added
    whole = seconds * MILLION / count
    found = f"{seconds:.0f} s for {count:,} results"
    return tell("import of 1,000,000 results", found, "300 s", whole < IMPORT_SECONDS)
