"""A hub that knows a graph of models, which it has imported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from benchmarks.lineage.graph import Made
from benchmarks.runs.hub import RunningHub, fresh_hub

ROWS = 10_000  # of an import, at most


def name(model: int) -> str:
    return f"lab-{model % 97}/model-{model}"


@contextmanager
def hub_with(made: Made) -> Iterator[RunningHub]:
    """A running hub with this graph."""
    with fresh_hub(workers=0) as hub:
        owner = {"Authorization": f"Bearer {hub.token}"}
        with httpx.Client(base_url=hub.url, headers=owner, timeout=300) as http:
            for begin in range(0, made.child.size, ROWS):
                body = {"source": "edge-list", "edges": _edges(made, begin, begin + ROWS)}
                http.post("/v1/graph/imports", json=body).raise_for_status()
        yield hub


def _edges(made: Made, begin: int, end: int) -> list[dict[str, str]]:
    rows = slice(begin, end)
    columns = made.child[rows].tolist(), made.parent[rows].tolist(), made.merge[rows].tolist()
    return [
        {"child": name(child), "parent": name(parent), "relation": "merge" if merge else "finetune"}
        for child, parent, merge in zip(*columns, strict=True)
    ]
