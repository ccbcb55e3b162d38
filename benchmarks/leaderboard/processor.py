"""Measure the time of a processor that each answer takes, in this one process.

PYTHONPATH=tests python -m benchmarks.leaderboard.processor [--models 20000] [--only uplift]

It is the time of all threads, without PostgreSQL's. It depends less on other load than times do.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from urllib.parse import urlsplit

from fastapi import FastAPI

from benchmarks.api.__main__ import stores
from benchmarks.leaderboard import results
from benchmarks.leaderboard.__main__ import prepare
from benchmarks.leaderboard.questions import BOARDS, questions
from benchmarks.lineage.questions import Question, percentile
from leaderboard.app import create_app
from leaderboard.memory.serving import newest_facts

SETTINGS = {
    "MERGEHUB_BACKGROUND": "separate",
    "MERGEHUB_LOG_LEVEL": "warning",
    "MERGEHUB_RATE_READS": "0",
}


async def answer(app: FastAPI, path: str) -> int:
    """The bytes of the answer of a path. Raises RuntimeError for any but 200."""
    url, status, size = urlsplit(path), 0, 0

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        nonlocal status, size
        status = int(str(message.get("status", status)))
        body = message.get("body", b"")
        size += len(body) if isinstance(body, bytes) else 0

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": url.path,
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"accept", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    if status != 200:
        raise RuntimeError(f"{path}: {status}")
    return size


async def ask(app: FastAPI, question: Question) -> list[float]:
    """The seconds of a processor for each answer; the first one is asked twice."""
    await answer(app, question.paths[0])
    times = []
    for path in question.paths:
        began = time.process_time()
        await answer(app, path)
        times.append(time.process_time() - began)
    return times


async def measure(options: argparse.Namespace) -> None:
    made = results.make(options.models)
    await prepare(os.environ["MERGEHUB_DATABASE_URL"], made)
    app = create_app()
    async with app.router.lifespan_context(app):
        await newest_facts(app)
        for board in BOARDS:
            await answer(app, f"/v1/boards/{board}?limit=1")
        for asked in questions(made):
            if options.only in asked.name:
                times = await ask(app, asked)
                low, high = (1000 * percentile(times, share) for share in (0.5, 0.99))
                print(f"{asked.name:42} p50 {low:6.1f} ms   p99 {high:6.1f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=int, default=20_000)
    parser.add_argument("--only", default="", help="only questions with this in their names")
    options = parser.parse_args()
    with stores() as (_, env):
        os.environ |= env | SETTINGS
        asyncio.run(measure(options))


if __name__ == "__main__":
    main()
