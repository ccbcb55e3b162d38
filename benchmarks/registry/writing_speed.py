"""Measure how fast the registry publishes recipes, one by one and in bulk.

PYTHONPATH=tests python -m benchmarks.registry.writing_speed [--recipes 2000] [--beside CHECKOUT]

`--beside` measures the service of another checkout in turns with this one, so that other load on
the machine affects both alike. Exits with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.api.__main__ import stores, tell
from benchmarks.lineage.server import Server
from benchmarks.registry import made, processor, writing_texts
from benchmarks.registry.deployed import deployed
from benchmarks.registry.writing import TOKEN
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate

PUBLISHED_A_SECOND, IMPORTED_A_SECOND = 200, 2000
CLIENTS = (8, 32)
ROWS = 1000
REQUESTS = 6
IMPORTED = ROWS * (REQUESTS + 1)
"""None of them twice, or what the service remembers would help more than it does in earnest."""
SOURCES = ("services/registry/src", "shared/src")


@dataclass(frozen=True)
class Speed:
    """How many recipes a second were written, and what processors each took, in milliseconds.

    `background`: what the service took outside the process that answers.
    """

    a_second: float
    service: float
    background: float
    database: float

    def __str__(self) -> str:
        service = f"service {self.service:.2f} ms, of it {self.background:.2f} in the background"
        processors = f"{service}, PostgreSQL {self.database:.2f} ms"
        return f"{self.a_second:.0f} a second ({processors})"


def published(server: Server, bodies: Sequence[bytes], clients: int) -> Speed:
    """Publish recipes one by one, by so many clients at once."""
    return _posted(server, "/v1/recipes", bodies, clients, len(bodies))


def imported(server: Server, bodies: Sequence[bytes], clients: int) -> Speed:
    """Publish recipes a thousand at a time."""
    return _posted(server, "/v1/recipes/import", bodies, clients, ROWS * len(bodies))


def _posted(
    server: Server, path: str, bodies: Sequence[bytes], clients: int, recipes: int
) -> Speed:
    def some(place: int) -> None:
        with server.client() as client:
            for body in bodies[place::clients]:
                answer = client.post(path, body, TOKEN)
                assert not answer.get("refused"), answer["refused"][:3]

    began, before = time.perf_counter(), processor.working(*server.processes)
    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(some, range(clients)))
    seconds, after = time.perf_counter() - began, processor.working(*server.processes)
    return Speed(recipes / seconds, *after.since(before, recipes))


def bodies_of_one(prefix: str, recipes: Sequence[tuple[made.Made, str]]) -> list[bytes]:
    """A request for each recipe."""
    return [json.dumps(_row(f"{prefix}-{at}", *each)).encode() for at, each in enumerate(recipes)]


def _row(name: str, each: made.Made, text: str) -> dict[str, object]:
    about = {"title": each.title, "description": each.description, "tags": each.tags}
    return {"name": name, "recipe": text, **about}


@contextmanager
def service(checkout: Path | None) -> Iterator[Server]:
    """The registry of this checkout, or of another one, as deployed, with empty tables."""
    with stores() as (_, env):
        if checkout is not None:
            path = os.pathsep.join(str(checkout / each) for each in SOURCES)
            env["PYTHONPATH"] = os.pathsep.join((path, env.get("PYTHONPATH", "")))
        asyncio.run(_prepare(env["MERGEHUB_DATABASE_URL"]))
        settings = {
            "MERGEHUB_HUB_URL": "http://127.0.0.1:9",
            "MERGEHUB_BOOTSTRAP_TOKEN": TOKEN,
            "MERGEHUB_LOG_LEVEL": "error",
            "MERGEHUB_RATE_READS": "0",
            "MERGEHUB_RATE_WRITES": "0",
        }
        with deployed(env | settings) as server:
            yield server


async def _prepare(url: str) -> None:
    database = Database(url, "registry")
    await migrate(database, "registry.migrations")
    await database.close()


def measure(options: argparse.Namespace) -> bool:
    """Run all measurements in turns; returns whether this checkout reached every target."""
    most = max(options.recipes, IMPORTED)
    recipes = list(islice(writing_texts.texts(made.recipes(20 * most)), most))
    checkouts = [None, *options.beside]
    good = True
    for what, target, speed in _parts(recipes[: options.recipes], recipes[:IMPORTED]):
        found: dict[Path | None, list[Speed]] = {each: [] for each in checkouts}
        for turn in range(options.turns):
            for checkout in checkouts:
                with service(checkout) as server:
                    found[checkout].append(speed(server, f"turn-{turn}"))
        good &= _told(what, target, found)
    return good


def _parts(
    recipes: Sequence[tuple[made.Made, str]], imports: Sequence[tuple[made.Made, str]]
) -> Iterator[tuple[str, int, Callable[[Server, str], Speed]]]:
    for clients in CLIENTS:

        def one_by_one(server: Server, prefix: str, clients: int = clients) -> Speed:
            published(server, bodies_of_one(f"{prefix}-warm", recipes[:100]), clients)
            return published(server, bodies_of_one(prefix, recipes), clients)

        yield f"published by {clients} clients", PUBLISHED_A_SECOND, one_by_one

    def in_bulk(server: Server, prefix: str) -> Speed:
        rows = [_row(f"{prefix}-{at}", *each) for at, each in enumerate(imports)]
        warm, *bodies = (
            json.dumps({"recipes": rows[begin : begin + ROWS]}).encode()
            for begin in range(0, len(rows), ROWS)
        )
        imported(server, [warm], 1)
        return imported(server, bodies, 2)

    yield "imported in bulk", IMPORTED_A_SECOND, in_bulk


def _told(what: str, target: int, found: dict[Path | None, list[Speed]]) -> bool:
    middle = {
        checkout: sorted(speeds, key=lambda each: each.a_second)[len(speeds) // 2]
        for checkout, speeds in found.items()
    }
    for checkout, speed in middle.items():
        if checkout is not None:
            ratio = statistics.median(each.a_second for each in found[None]) / speed.a_second
            print(f"{what}, of {checkout}: {speed}; here {ratio:.1f} times as many")
    mine = middle[None]
    return tell(what, str(mine), f"{target} a second", mine.a_second >= target)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recipes", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--beside", type=Path, nargs="*", default=[], metavar="CHECKOUT")
    raise SystemExit(0 if measure(parser.parse_args()) else 1)


if __name__ == "__main__":
    main()
