"""The side of the registry that the leaderboard asks: tokens, and a feed of made evaluations.

uvicorn benchmarks.leaderboard.registry:app
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.leaderboard.results import name, settings

MODELS = 20_000
SETTINGS = settings()
WITH_ITEMS = 10

_written = 0


def event(sequence: int) -> dict[str, Any]:
    """A new score of one of the first models; that of the last event is perfect."""
    setting = SETTINGS[sequence % len(SETTINGS)]
    value = (sequence * 7919 % setting.items) / setting.items
    run = str(uuid.UUID(int=sequence))
    data = {
        "run": run,
        "model": name(sequence % MODELS),
        "model_digest": f"sha256:{sequence % MODELS:064x}",
        "benchmark": setting.name,
        "version": setting.version,
        "metric": setting.metric,
        "value": value,
        "stderr": 0.01,
        "count": setting.items,
        "shots": setting.shots,
        "harness": "lm-eval 0.4",
    }
    return {
        "id": run,
        "source": "registry",
        "sequence": sequence,
        "type": "evaluation.completed",
        "time": datetime(2026, 2, 1, tzinfo=UTC).isoformat(),
        "subject": run,
        "data": data,
        "traceparent": None,
    }


async def introspect(_: Request) -> Response:
    """Every token may import results."""
    scope = "results:write boards:write admin"
    return JSONResponse({"active": True, "scope": scope, "client_id": "bench", "account": "bench"})


async def events(request: Request) -> Response:
    """The events after a sequence."""
    after = int(request.query_params.get("after", 0))
    limit = int(request.query_params.get("limit", 100))
    last = min(_written, after + limit)
    items = [event(sequence) for sequence in range(after + 1, last + 1)]
    more = last < _written
    return JSONResponse({"items": items, "next_after": max(after, last), "has_more": more})


async def items(request: Request) -> Response:
    """The item scores of several runs: every tenth run kept some."""
    asked = [each.split(":", 1) for each in request.query_params.getlist("of")]
    wanted = [(run, name) for run, name in asked if uuid.UUID(run).int % WITH_ITEMS == 0]
    found = ",".join(
        f'{{"run":"{run}","benchmark":{json.dumps(name)},"items":{_items(name)}}}'
        for run, name in wanted
    )
    return Response(f'{{"items":[{found}]}}', media_type="application/json")


@cache
def _items(benchmark: str) -> str:
    """As many items as the benchmark has, but at most 1,500, as JSON; half of them are right."""
    size = next(each.items for each in SETTINGS if each.name == benchmark)
    names = (sha256(f"{benchmark} {at}".encode()).hexdigest() for at in range(min(size, 1500)))
    return json.dumps({name: float(at % 2) for at, name in enumerate(names)})


async def write(request: Request) -> Response:
    """Let the feed have so many events."""
    global _written
    _written = int(request.path_params["count"])
    return Response(status_code=204)


app = Starlette(
    routes=[
        Route("/v1/tokens/introspect", introspect, methods=["POST"]),
        Route("/v1/events", events),
        Route("/v1/runs/items", items),
        Route("/made/{count:int}", write, methods=["POST"]),
    ]
)
