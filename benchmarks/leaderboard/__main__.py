"""Measure the leaderboard at the size of a whole hub.

PYTHONPATH=tests python -m benchmarks.leaderboard [--models 200000] [--imports 1000000]

Exits with 1 if a target is missed. Other load on the machine affects every figure.
"""

from __future__ import annotations

import argparse
import asyncio
import time

import numpy as np

from benchmarks.api.__main__ import stores, tell
from benchmarks.leaderboard import results, tables, writing
from benchmarks.leaderboard.questions import questions
from benchmarks.leaderboard.results import Made
from benchmarks.lineage.__main__ import answers, settings
from benchmarks.lineage.server import Server, serving
from benchmarks.lineage.writing import feeding
from benchmarks.machine import tell_machine
from leaderboard.boards.catalogue import built_in
from leaderboard.statistics import ranks
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate

READY_SECONDS = 15
RANKED = 5000
RANK_SECONDS = 5
FIRST = "/v1/boards/overall?limit=1"


async def prepare(url: str, made: Made) -> None:
    """The tables of the leaderboard, with these results in them."""
    database = Database(url, "leaderboard")
    await migrate(database, "leaderboard.migrations")
    await database.close()
    await tables.fill(url, made)


def bootstrap() -> bool:
    """The intervals of ranks of 5,000 models."""
    random = np.random.default_rng(1)
    scores, errors = random.normal(40, 12, RANKED), np.full(RANKED, 0.6)
    began = time.process_time()
    found = ranks.intervals(scores, errors, seed=0)
    seconds = time.process_time() - began
    measured = f"{seconds:.1f} s of a processor, {found.replicates} replicates"
    return tell("ranks of 5,000 models", measured, "5 s", seconds < RANK_SECONDS)


def boards_made(server: Server) -> float:
    """The seconds until each board of the hub was shown once, so that none is still being made."""
    began = time.perf_counter()
    with server.client() as client:
        for board in built_in():
            client.get(f"/v1/boards/{board}?limit=1")
    return time.perf_counter() - began


def tell_memory(server: Server, after: str) -> None:
    """Print the memory of the service after a part of the measurement."""
    print(f"memory of the service after {after}: {server.megabytes():.0f} MB", flush=True)


def measure(options: argparse.Namespace) -> bool:
    """Run all measurements; returns whether every target was reached."""
    made = results.make(options.models)
    good = bootstrap()
    with stores() as (_, env):
        asyncio.run(prepare(env["MERGEHUB_DATABASE_URL"], made))
        feed = feeding("benchmarks.leaderboard.registry:app")
        with feed as port, serving(env | settings(port), FIRST, "leaderboard") as server:
            ready = server.ready_after
            good &= tell("start to first answer", f"{ready:.1f} s", "15 s", ready < READY_SECONDS)
            print(f"boards of the hub made after {ready + boards_made(server):.1f} s")
            tell_memory(server, "boards")
            for asked in questions(made):
                good &= answers(server, asked)[1]
            tell_memory(server, "questions")
            good &= writing.by_event(server, port)
            tell_memory(server, "results by event")
            good &= writing.current(server, made)
            good &= writing.imported(server, made, options.imports)
            tell_memory(server, "imports")
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=int, default=200_000)
    parser.add_argument("--imports", type=int, default=1_000_000)
    options = parser.parse_args()
    tell_machine()
    raise SystemExit(0 if measure(options) else 1)


if __name__ == "__main__":
    main()
