"""What integrators notice: the cost of manners, followers, webhooks, the check of a token.

python benchmarks/api.py [--only manners followers webhooks tokens] [--rounds 9] [--seconds 2]

Exits with 1 where a target is missed. Other load on the machine shows in every figure but the
ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import api_manners
import tokens
import webhooks
from api_followers import Followed, follow_many
from runs_hub import fresh_hub

from mergehub.hub.postgres import Postgres
from mergehub.hub.valkey import Valkey

MANNERS_SHARE = 0.30
FOLLOWERS = 1_000
FOLLOWERS_MB = 300
PROGRESS_SECONDS = 0.5
DELIVERIES_A_SECOND = 500
TOKEN_MS = 1.0
BEATS = 5

Options = argparse.Namespace


@contextmanager
def stores() -> Iterator[tuple[Path, dict[str, str]]]:
    """PostgreSQL and Redis of our own, and the environment that names them."""
    with tempfile.TemporaryDirectory(prefix="mh-") as folder:
        postgres, valkey = Postgres(Path(folder) / "pg"), Valkey(Path(folder) / "vk")
        for store in (postgres, valkey):
            store.start()
        try:
            yield (
                Path(folder),
                dict(os.environ)
                | {"MERGEHUB_DATABASE_URL": postgres.url, "MERGEHUB_REDIS_URL": valkey.url},
            )
        finally:
            for store in (postgres, valkey):
                store.stop()


def tell(what: str, found: str, target: str, good: bool) -> bool:
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    verdict = "reached" if good else "MISSED"
    print(f"{what:42} {found:44} {target:20} {verdict} (load {load:.1f} per core)", flush=True)
    return good


def manners(options: Options) -> bool:
    """Time for an answer over that of a bare handler, which the same queries make."""
    with stores() as (_, env):
        costs = asyncio.run(api_manners.compare(env, options.rounds, options.seconds))
    good = True
    for what, cost in costs.items():
        ours, bare = (
            statistics.median(side.per_second for side in sides)
            for sides in zip(*cost.rounds, strict=True)
        )
        found = f"{cost.time:+.0%} ({ours:.0f} beside {bare:.0f}/s), CPU {cost.processor:+.0%}"
        good &= tell(f"manners, {what}", found, "at most +30 %", cost.time <= MANNERS_SHARE)
    return good


def followers(options: Options) -> bool:
    """Streams spread over 20 busy runs, then all on one."""
    with fresh_hub(workers=0) as hub:
        many = asyncio.run(follow_many(hub, FOLLOWERS, 20, BEATS))
        one = asyncio.run(follow_many(hub, FOLLOWERS, 1, BEATS))
    megabytes = (max(many.after, one.after) - many.before) / 1e6
    small = megabytes < FOLLOWERS_MB
    good = tell(f"{FOLLOWERS} followers, memory", f"{megabytes:.0f} MB", "under 300 MB", small)
    for what, found in (("20 runs", many), ("one run", one)):
        good &= _soon(f"{FOLLOWERS} followers of {what}, progress seen", found)
    return good


def _soon(what: str, found: Followed) -> bool:
    p50, p99 = (found.seconds[int(len(found.seconds) * share)] for share in (0.5, 0.99))
    slowest = found.seconds[-1]
    told = f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, slowest {slowest * 1000:.0f} ms"
    return tell(what, told, "within 500 ms", slowest < PROGRESS_SECONDS)


def deliveries(options: Options) -> bool:
    """To one endpoint that answers, alone and beside a dead one."""
    good = True
    for dead in (0, 1):
        with tempfile.TemporaryDirectory(prefix="mh-") as folder:
            wanted = Options(deliveries=5_000, endpoints=1, dead=dead)
            found = asyncio.run(webhooks.run(wanted, Path(folder)))
        what = "webhooks" + (", a dead endpoint beside" if dead else "")
        rate = found.per_second
        good &= tell(what, f"{rate:.0f}/s", "500/s", rate >= DELIVERIES_A_SECOND)
    return good


def token_checks(options: Options) -> bool:
    with stores() as (_, env):
        url = env["MERGEHUB_DATABASE_URL"]
        slowest = asyncio.run(tokens.measure(url, checks=100_000, count=10_000))
    return tell(
        "token check from what is kept",
        f"p99 {slowest:.4f} ms",
        "p99 under 1 ms",
        slowest < TOKEN_MS,
    )


PARTS: dict[str, Callable[[Options], bool]] = {
    "manners": manners,
    "followers": followers,
    "webhooks": deliveries,
    "tokens": token_checks,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    results = [PARTS[part](options) for part in options.only]
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
