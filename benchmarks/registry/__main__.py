"""Measure the registry's search at the size of a million recipes.

PYTHONPATH=tests python -m benchmarks.registry [--recipes 1000000] [--publish 2000] [--keep FOLDER]

Exits with 1 if a target is missed. Other load on the machine affects every figure.
"""

from __future__ import annotations

import argparse
import statistics
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.api.__main__ import tell
from benchmarks.lineage.questions import percentile
from benchmarks.lineage.server import Client, Server, serving
from benchmarks.machine import tell_machine
from benchmarks.registry import peer, processor, questions, writing
from benchmarks.registry.deployed import FIRST, deployed
from benchmarks.registry.embedded import embedded
from benchmarks.registry.mlflow_peer import mlflow
from benchmarks.registry.questions import Times, timed
from benchmarks.registry.stores import Env, stores

ASKED = 400
MEDIAN_MS, P99_MS = 20, 60
READY_SECONDS = 10
FIRST_SECONDS = 1800
MEGABYTES = 400
BROAD = "q=mistral"


def settings(folder: Path) -> Env:
    """The environment of the service, which asks no other."""
    return {
        "MERGEHUB_HUB_URL": "http://127.0.0.1:9",
        "MERGEHUB_SNAPSHOTS": str(folder / "snapshots"),
        "MERGEHUB_BOOTSTRAP_TOKEN": writing.TOKEN,
        "MERGEHUB_LOG_LEVEL": "error",
        "MERGEHUB_RATE_READS": "0",
        "MERGEHUB_RATE_WRITES": "0",
    }


def shown(what: str, times: Times) -> bool:
    """Print the median and the 99th percentile; returns whether they are as wanted."""
    median, late = (1000 * percentile(times.waited, share) for share in (0.5, 0.99))
    good = median < MEDIAN_MS and late < P99_MS
    worked = " / ".join(f"{1000 * percentile(times.worked, share):.1f}" for share in (0.5, 0.99))
    found = f"p50 {median:.1f} ms, p99 {late:.1f} ms (processor {worked})"
    return tell(what, found, f"{MEDIAN_MS} / {P99_MS} ms", good)


def asked(server: Server) -> bool:
    """All questions."""
    with server.client() as client:
        good = shown("words and three filters, with facets", first_pages(server, client))
        right, wrong = (
            timed(questions.pages(client, mistaken), server.process.pid).waited
            for mistaken in (questions.long_words(ASKED, mistaken=each) for each in (False, True))
        )
        ratio = statistics.median(wrong) / statistics.median(right)
        good &= tell("a mistake in a word", f"{ratio:.2f} times as long", "2 times", ratio <= 2)
        deep = timed(questions.deep_pages(client, BROAD), server.process.pid)
        print(f"the first page of a broad search: {1000 * deep.waited[0]:.1f} ms")
        good &= shown("pages deep in a broad search", Times(deep.waited[1:], deep.worked[1:]))
    return good


def first_pages(server: Server, client: Client) -> Times:
    """First pages with their facets; the first of all, which opens connections, does not count."""
    times = timed(
        questions.pages_with_facets(client, questions.searches(1 + ASKED)), server.process.pid
    )
    return Times(times.waited[1:], times.worked[1:])


def measure(options: argparse.Namespace) -> bool:
    """Run all measurements; returns whether every target was reached."""
    good = _searches(options) if options.recipes else True
    if options.mlflow:
        with stores(options.mlflow, options.keep) as (folder, env):
            ours = deployed(env | settings(folder), FIRST_SECONDS)
            good &= peer.compared(ours, mlflow(env["MERGEHUB_DATABASE_URL"], options.mlflow))
    if options.embedded:
        with embedded(options.embedded) as server:
            print(f"embedded, with {options.embedded} recipes:")
            good &= asked(server)
            print(f"memory of all services: {_memory(server)}")
    return good


def _searches(options: argparse.Namespace) -> bool:
    good = True
    with stores(options.recipes, options.keep) as (folder, env):
        (folder / "snapshots" / "catalogue.snapshot").unlink(missing_ok=True)
        env |= settings(folder)
        with started(env) as server:
            print(f"start that reads all recipes: {server.ready_after:.1f} s, {_memory(server)}")
        with started(env) as server:
            ready = server.ready_after
            good &= tell("start to first answer", f"{ready:.1f} s", "10 s", ready < READY_SECONDS)
            good &= asked(server)
            if options.publish:
                good &= writing.publish(server, options.publish)
                with server.client() as client:
                    good &= shown("the same after publishing", first_pages(server, client))
            used = server.megabytes()
            good &= tell("memory of the service", _memory(server), "400 MB", used < MEGABYTES)
    return good


def started(env: Env) -> AbstractContextManager[Server]:
    """The service with its background work in one process, once it has answered."""
    return serving(env, FIRST, "registry", FIRST_SECONDS)


def _memory(server: Server) -> str:
    return ", ".join(
        f"{what} {size:.0f} MB" for what, size in processor.memory(server.process).items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recipes", type=int, default=1_000_000, help="0: not by themselves")
    parser.add_argument("--publish", type=int, default=2000)
    parser.add_argument("--mlflow", type=int, default=100_000, help="models; 0: not beside MLflow")
    parser.add_argument("--embedded", type=int, default=100_000, help="recipes; 0: no embedded hub")
    parser.add_argument("--keep", type=Path, help="a folder for the tables, to be used again")
    options = parser.parse_args()
    tell_machine()
    raise SystemExit(0 if measure(options) else 1)


if __name__ == "__main__":
    main()
