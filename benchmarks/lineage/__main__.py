"""Measure lineage at the size of a whole hub, beside networkx and a plain recursive query.

PYTHONPATH=tests python -m benchmarks.lineage [--models 2000000] [--no-peers]

Exits with 1 if a target is missed. Other load on the machine affects every figure but the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
from tempfile import TemporaryDirectory

from benchmarks.api.__main__ import stores, tell
from benchmarks.lineage import graph, peers, tables, writing
from benchmarks.lineage.graph import Made
from benchmarks.lineage.questions import Question, ask, percentile, questions
from benchmarks.lineage.server import Server, serving
from benchmarks.machine import tell_machine
from mergehub.kit.database.connections import connect
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate

SAMPLE = 2_000
PEERS = 50
READY_SECONDS = 10
MEGABYTES = 600


async def prepare(url: str, made: Made) -> None:
    """The tables of lineage, with this graph in them."""
    database = Database(url, "lineage")
    await migrate(database, "lineage.migrations")
    await database.close()
    await tables.fill(url, made)


def settings(registry: int) -> dict[str, str]:
    """The environment of the service: the registry's side is on a port of this machine."""
    return {
        "MERGEHUB_HUB_URL": f"http://127.0.0.1:{registry}",
        "MERGEHUB_SERVICE_TOKEN": writing.TOKEN,
        "MERGEHUB_RATE_READS": "0",
        "MERGEHUB_RATE_WRITES": "0",
    }


def first(model: str) -> str:
    """The address of the answer that ends the start."""
    return f"/v1/models/{model}/ancestors"


async def identities(url: str, numbers: list[int]) -> list[str]:
    """The ids of models, by their numbers."""
    connection = await connect(url)
    try:
        query = "SELECT number, id FROM lineage.models WHERE number = ANY($1)"
        found = {row["number"]: str(row["id"]) for row in await connection.fetch(query, numbers)}
        return [found[number] for number in numbers]
    finally:
        await connection.close()


def ready(name: str, server: Server) -> bool:
    """Print how long a start took; whether it is as wanted."""
    seconds = server.ready_after
    return tell(name, f"{seconds:.1f} s", f"{READY_SECONDS} s", seconds < READY_SECONDS)


def answers(server: Server, asked: Question) -> tuple[float, bool]:
    """Ask one question, print how long it took; returns the median and whether it is as wanted."""
    with server.client() as client:
        times = ask(client, asked)
    good = True
    for target in asked.targets:
        seconds = percentile(times, target.share)
        found = f"{1000 * seconds:.1f} ms ({len(times)} answers)"
        good &= tell(asked.name, found, str(target), seconds < target.seconds)
    return statistics.median(times), good


def beside_peers(url: str, made: Made, sample: list[int], hub: int, ours: dict[str, float]) -> None:
    """Print the same questions to networkx, in memory, and to PostgreSQL."""
    query = asyncio.run(peers.query_times(url, sample, hub))
    library = peers.networkx_times(made, sample, hub)
    print(f"networkx needs {library.pop('build'):.0f} s to build the graph")
    for what, name in (
        ("ancestors", "ancestors of a random model"),
        ("descendants", "descendants of a random model"),
        ("hub", "the largest hub: all, streamed"),
    ):
        ratios = (
            f"{peer} {1000 * times[what]:.2f} ms (ours over HTTP: {ours[name] / times[what]:.2f})"
            for peer, times in (("recursive query", query), ("networkx", library))
        )
        print(f"{name:34} {'   '.join(ratios)}")


def measure(options: argparse.Namespace) -> bool:
    """Run all measurements; returns whether every target was reached."""
    made = graph.with_ladder(graph.make(options.models), *graph.ladder())
    hub, draw = graph.largest_hub(made), random.Random(0)
    numbers = [draw.randrange(options.models) for _ in range(SAMPLE)]
    with stores() as (_, env), TemporaryDirectory() as folder:
        url = env["MERGEHUB_DATABASE_URL"]
        asyncio.run(prepare(url, made))
        models = asyncio.run(identities(url, [*numbers, hub, made.models - 1]))
        *sample, largest, top = models
        with writing.feeding() as port:
            env |= settings(port) | {"MERGEHUB_SNAPSHOTS": folder}
            with serving(env, first(top)) as server:
                good = ready("start to first answer", server)
                used, ours = server.megabytes(), {}
                for asked in questions(sample, largest, top):
                    ours[asked.name], reached = answers(server, asked)
                    good &= reached
                good &= writing.measure(server, port, options.models, sample[:20])
                most = max(used, server.megabytes())
                good &= tell("memory of the service", f"{most:.0f} MB", "600 MB", most < MEGABYTES)
            with serving(env, first(top)) as server:
                good &= ready("restart to first answer", server)
        if options.peers:
            beside_peers(url, made, numbers[:PEERS], hub, ours)
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=int, default=2_000_000)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    options = parser.parse_args()
    tell_machine()
    raise SystemExit(0 if measure(options) else 1)


if __name__ == "__main__":
    main()
