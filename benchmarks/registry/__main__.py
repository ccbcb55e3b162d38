"""Measure the registry's search at the size of a million recipes.

PYTHONPATH=tests python -m benchmarks.registry [--recipes 1000000] [--publish 2000]

Exits with 1 if a target is missed. Other load on the machine affects every figure.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Sequence

from benchmarks.api.__main__ import stores, tell
from benchmarks.lineage.questions import percentile
from benchmarks.lineage.server import Server, serving
from benchmarks.registry import made, questions, tables, writing
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate

ASKED = 400
MEDIAN_MS, P99_MS = 20, 60
READY_SECONDS = 10
MEGABYTES = 400
BROAD = "q=mistral"


async def prepare(url: str, recipes: int) -> None:
    """The tables of the registry, with so many recipes in them."""
    database = Database(url, "registry")
    await migrate(database, "registry.migrations")
    await database.close()
    await tables.fill(url, made.recipes(recipes))


def settings() -> dict[str, str]:
    """The environment of the service, which asks no other."""
    return {
        "MERGEHUB_HUB_URL": "http://127.0.0.1:9",
        "MERGEHUB_BOOTSTRAP_TOKEN": writing.TOKEN,
        "MERGEHUB_LOG_LEVEL": "error",
        "MERGEHUB_RATE_READS": "0",
        "MERGEHUB_RATE_WRITES": "0",
    }


def shown(what: str, times: Sequence[float]) -> bool:
    """Print the median and the 99th percentile; returns whether they are as wanted."""
    median, late = (1000 * percentile(times, share) for share in (0.5, 0.99))
    good = median < MEDIAN_MS and late < P99_MS
    found = f"p50 {median:.1f} ms, p99 {late:.1f} ms ({len(times)})"
    return tell(what, found, f"{MEDIAN_MS} / {P99_MS} ms", good)


def asked(server: Server) -> bool:
    """All questions."""
    with server.client() as client:
        both = questions.pages_with_facets(client, list(questions.searches(ASKED)))
        good = shown("words and three filters, with facets", both)
        right, wrong = (
            questions.pages(client, questions.long_words(ASKED, mistaken=mistaken))
            for mistaken in (False, True)
        )
        ratio = statistics.median(wrong) / statistics.median(right)
        good &= tell("a mistake in a word", f"{ratio:.2f} times as long", "2 times", ratio <= 2)
        first, *deep = questions.deep_pages(client, BROAD)
        print(f"the first page of a broad search: {1000 * first:.1f} ms")
        good &= shown("pages deep in a broad search", deep)
    return good


def measure(options: argparse.Namespace) -> bool:
    """Run all measurements; returns whether every target was reached."""
    with stores() as (_, env):
        asyncio.run(prepare(env["MERGEHUB_DATABASE_URL"], options.recipes))
        with serving(env | settings(), "/v1/recipes?limit=1", "registry") as server:
            ready = server.ready_after
            good = tell("start to first answer", f"{ready:.1f} s", "10 s", ready < READY_SECONDS)
            good &= asked(server)
            good &= writing.publish(server, options.publish)
            good &= shown("the same after publishing", _again(server))
            used = server.megabytes()
            good &= tell("memory of the service", f"{used:.0f} MB", "400 MB", used < MEGABYTES)
    return good


def _again(server: Server) -> list[float]:
    with server.client() as client:
        return questions.pages_with_facets(client, list(questions.searches(ASKED)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recipes", type=int, default=1_000_000)
    parser.add_argument("--publish", type=int, default=2000)
    raise SystemExit(0 if measure(parser.parse_args()) else 1)


if __name__ == "__main__":
    main()
