"""The side of the registry that the leaderboard asks: tokens, and a feed of made evaluations.

uvicorn benchmarks.leaderboard.registry:app
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.leaderboard.results import name, settings

MODELS = 20_000
SETTINGS = settings()

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


async def items(_: Request) -> Response:
    """No run has item scores."""
    return JSONResponse({"items": {}})


async def write(request: Request) -> Response:
    """Let the feed have so many events."""
    global _written
    _written = int(request.path_params["count"])
    return Response(status_code=204)


app = Starlette(
    routes=[
        Route("/v1/tokens/introspect", introspect, methods=["POST"]),
        Route("/v1/events", events),
        Route("/v1/runs/{run}/items", items),
        Route("/made/{count:int}", write, methods=["POST"]),
    ]
)
