"""Measure how many webhooks per second one sender delivers to a receiver on this machine.

python -m benchmarks.webhooks [--deliveries 10000] [--endpoints 1] [--dead 0]

Everything is real: PostgreSQL, the registry's background process, signed HTTP requests, a log row
for each. The receiver is a process of its own. Dead endpoints accept and never answer.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

import psutil
from sqlalchemy import text

from mergehub.hub.postgres import Postgres
from mergehub.hub.valkey import Valkey
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate

RECEIVER = Path(__file__).with_name("webhook_receiver.py")

ENDPOINT = text("""
INSERT INTO webhook_endpoints (id, owner, url, description, types, ordered, signature, secret)
SELECT gen_random_uuid(), 'local', :url, '', '{}', false, 'v1', :secret
FROM generate_series(1, :count)
""")

DELIVERIES = text("""
INSERT INTO webhook_deliveries
    (endpoint_id, event_id, position, type, subject, body, event_time, due_at)
SELECT id, gen_random_uuid(), n, 'run.queued', 'runs/' || n, :body, now(), now()
FROM webhook_endpoints, generate_series(1, :each) AS n
""")

LEFT = text("""
SELECT count(*) FROM webhook_deliveries JOIN webhook_endpoints AS e ON e.id = endpoint_id
WHERE state = 'pending' AND e.url = :url
""")

SECRET = "whsec_" + "A" * 44
BODY = '{"type":"run.queued","timestamp":"2026-11-25T12:00:00+00:00","data":{"run":"' + "x" * 300


@dataclass(frozen=True)
class Measured:
    """Deliveries per second to the endpoints that answer, and the sender's CPU time for each."""

    per_second: float
    milliseconds: float


async def measure(options: argparse.Namespace, database: Database, env: dict[str, str]) -> Measured:
    """Deliver to all endpoints that answer."""
    await migrate(database, "registry.migrations")
    receiver = await asyncio.create_subprocess_exec(
        sys.executable, RECEIVER, stdout=subprocess.PIPE
    )
    try:
        alive, dead = (await receiver.stdout.readline()).decode().split()
        await _fill(options, database, {alive: options.endpoints, dead: options.dead})
        return await _send(database, alive, env)
    finally:
        receiver.kill()
        await receiver.wait()


async def _fill(options: argparse.Namespace, database: Database, urls: dict[str, int]) -> None:
    """Create the endpoints of each address in `urls`, with due deliveries."""
    each = options.deliveries // options.endpoints
    async with database.transaction() as session:
        for url, count in urls.items():
            values = {"url": url, "secret": SECRET, "count": count}
            await session.execute(ENDPOINT, values)
        await session.execute(DELIVERIES, {"body": BODY + '"}}', "each": each})
    async with database.transaction() as session:
        await session.execute(text("ANALYZE webhook_deliveries"))


async def _send(database: Database, alive: str, env: dict[str, str]) -> Measured:
    sender = await asyncio.create_subprocess_exec(sys.executable, "-m", "registry", env=env)
    try:
        return await _measure(database, alive, psutil.Process(sender.pid))
    finally:
        sender.terminate()
        await sender.wait()


async def _measure(database: Database, alive: str, sender: psutil.Process) -> Measured:
    """Measure from the first delivery on, so that the sender's start does not count."""
    total = before = await _left(database, alive)
    while before == total:
        started, worked = time.perf_counter(), _cpu(sender)
        before = await _left(database, alive)
    while await _left(database, alive):  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - started
    return Measured(before / seconds, (_cpu(sender) - worked) / before * 1000)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def _left(database: Database, alive: str) -> int:
    async with database.transaction() as session:
        return (await session.scalars(LEFT, {"url": alive})).one()


async def run(options: argparse.Namespace, folder: Path) -> Measured:
    """One round on stores of its own."""
    postgres, valkey = Postgres(folder / "pg"), Valkey(folder / "vk")
    for store in (postgres, valkey):
        store.start()
    database = Database(postgres.url, "registry")
    env = dict(os.environ) | {
        "MERGEHUB_DATABASE_URL": postgres.url,
        "MERGEHUB_REDIS_URL": valkey.url,
        "MERGEHUB_WEBHOOK_ALLOW": '["127.0.0.0/8"]',
        "MERGEHUB_SECRETS_KEYS": f'["{token_urlsafe(32)}"]',
    }
    try:
        return await measure(options, database, env)
    finally:
        await database.close()
        for store in (postgres, valkey):
            store.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--endpoints", type=int, default=1)
    parser.add_argument("--dead", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{options.deliveries} deliveries to {options.endpoints} endpoints, {options.dead} dead")
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="mh-") as folder:
            found = asyncio.run(run(options, Path(folder)))
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        print(
            f"{found.per_second:7.0f} deliveries/s, {found.milliseconds:.2f} ms of the sender's "
            f"processor time each (load {load:.1f} per core)",
            flush=True,
        )


if __name__ == "__main__":
    main()
