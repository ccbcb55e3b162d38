"""Measure how long it takes to look up a token: in the cache, and in the table.

python -m benchmarks.tokens [--checks 200000] [--tokens 10000]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import func, insert

from mergehub.hub.postgres import Postgres
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate
from mergehub.kit.identity.token_cache import CachingAuthenticator
from mergehub.kit.identity.tokens import Authenticator, hash_token, new_token
from registry.tokens.authenticator import TableAuthenticator
from registry.tokens.models import TokenRow

LIMIT_MS = 1.0


async def fill(database: Database, tokens: list[str]) -> None:
    """Store tokens that were all used just now, so that the check records no use."""
    rows = [
        {"name": f"t{number}", "hash": hash_token(token), "hint": "…", "scopes": ["runs:submit"]}
        for number, token in enumerate(tokens)
    ]
    async with database.transaction() as session:
        told = insert(TokenRow).values(created_by="bench", last_used_at=func.now())
        await session.execute(told, rows)


async def check(asked: Authenticator, tokens: Iterable[str]) -> list[float]:
    """Milliseconds of each check, in ascending order."""
    times = []
    for token in tokens:
        started = time.perf_counter()
        known = await asked.principal(token)
        times.append(1000 * (time.perf_counter() - started))
        assert known is not None
    return sorted(times)


def tell(what: str, times: list[float]) -> float:
    """Print percentiles and return the 99th."""
    p50, p99, p999 = (times[int(len(times) * share)] for share in (0.5, 0.99, 0.999))
    shown = f"p50 {p50:8.4f} ms   p99 {p99:8.4f} ms   p99.9 {p999:8.4f} ms"
    print(f"{what:32} {shown}   slowest {times[-1]:8.4f} ms")
    return p99


async def measure(url: str, checks: int, count: int) -> float:
    """Milliseconds within which 99 of 100 cached answers come."""
    database = Database(url, "registry")
    await migrate(database, "registry.migrations")
    tokens = [new_token() for _ in range(count)]
    await fill(database, tokens)
    table = TableAuthenticator(database)
    cache = CachingAuthenticator(table, seconds=3600, size=count)
    tell("from the table", await check(table, tokens[:2000]))
    await check(cache, tokens)
    gc.collect()
    one = await check(cache, itertools.repeat(tokens[0], checks))
    many = await check(cache, itertools.islice(itertools.cycle(tokens), checks))
    slowest = max(tell("kept, one token", one), tell(f"kept, {count} tokens in turn", many))
    await database.close()
    return slowest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=200_000)
    parser.add_argument("--tokens", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mh-") as folder:
        server = Postgres(Path(folder) / "pg")
        server.start()
        try:
            slowest = asyncio.run(measure(server.url, given.checks, given.tokens))
        finally:
            server.stop()
    good = slowest < LIMIT_MS
    raise SystemExit(0 if good else f"The 99th percentile is not under {LIMIT_MS} ms.")


if __name__ == "__main__":
    main()
