"""The side of the registry that lineage asks: tokens, and a feed of made events.

uvicorn benchmarks.lineage.registry:app
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PARENTS = 2
MADE = datetime(2026, 1, 1, tzinfo=UTC).isoformat()

_written = 0


def name(sequence: int) -> str:
    """The model that an event reports."""
    return f"bench/produced-{sequence}"


def event(sequence: int) -> dict[str, Any]:
    """A merge of two models of the made graph."""
    run = str(uuid.UUID(int=sequence))
    numbers = (sequence * 7919 % 1_000_000, sequence * 104729 % 1_000_000)
    parents = [{"name": f"maker-{each % 50000}/model-{each}", "weight": 0.5} for each in numbers]
    data = {
        "run": run,
        "name": name(sequence),
        "digest": f"sha256:{sequence:064x}",
        "method": "slerp",
        "recipe_version": None,
        "recipe_digest": f"sha256:{sequence:064x}",
        "parents": parents,
    }
    return {
        "id": run,
        "source": "registry",
        "sequence": sequence,
        "type": "model.produced",
        "time": MADE,
        "subject": run,
        "data": data,
        "traceparent": None,
    }


async def introspect(_: Request) -> Response:
    """Every token may write."""
    scope = "lineage:write lineage:moderate"
    return JSONResponse({"active": True, "scope": scope, "client_id": "bench"})


async def events(request: Request) -> Response:
    """The events after a sequence."""
    after = int(request.query_params.get("after", 0))
    limit = int(request.query_params.get("limit", 100))
    last = min(_written, after + limit)
    items = [event(sequence) for sequence in range(after + 1, last + 1)]
    more = last < _written
    return JSONResponse({"items": items, "next_after": max(after, last), "has_more": more})


async def write(request: Request) -> Response:
    """Let the feed have so many events."""
    global _written
    _written = int(request.path_params["count"])
    return Response(status_code=204)


app = Starlette(
    routes=[
        Route("/v1/tokens/introspect", introspect, methods=["POST"]),
        Route("/v1/events", events),
        Route("/made/{count:int}", write, methods=["POST"]),
    ]
)
