"""How long the service takes to answer each question, over one kept connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.lineage.server import Client

STATISTICS = (
    "/v1/graph/popular?role=base",
    "/v1/graph/popular?role=ingredient",
    "/v1/graph/popular?role=base&method=ties&since=2024-06-01",
    "/v1/graph/statistics/methods",
    "/v1/graph/statistics/risers",
    "/v1/graph/statistics/pairs",
    "/v1/graph/facets",
)
PARTS = (
    "aker-77",
    "model-1999",
    "12345",
    "maker",
    "maker-9%20model-1",
    "el-4321",
    "nothing",
    "modle-77",
)
"""Parts of names: frequent and rare ones, several words, none, and one with a mistake."""
SET = 5
"""The models whose nearest common base is asked for."""


@dataclass(frozen=True)
class Target:
    """Seconds that a share of the answers may take, at most."""

    share: float
    seconds: float

    def __str__(self) -> str:
        name = "median" if self.share == 0.5 else f"p{100 * self.share:g}"
        return f"{name} < {1000 * self.seconds:g} ms"


@dataclass(frozen=True)
class Question:
    """What is asked, the addresses that ask it, and what is wanted."""

    name: str
    paths: Sequence[str]
    targets: Sequence[Target]
    accept: str = "application/json"


def percentile(times: Sequence[float], share: float) -> float:
    """The time within which this share of the answers came."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def ask(client: Client, question: Question) -> list[float]:
    """The seconds of each answer; the first is asked twice, and the first time does not count."""
    client.get(question.paths[0], question.accept)
    return [_timed(lambda path=path: client.get(path, question.accept)) for path in question.paths]


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def questions(models: Sequence[str], hub: str, ladder: str) -> Iterator[Question]:
    """The questions about random models, the largest hub, and the top of a ladder."""
    fast = (Target(0.5, 0.003), Target(0.99, 0.015))
    for direction in ("ancestors", "descendants"):
        paths = [f"/v1/models/{each}/{direction}" for each in models]
        yield Question(f"{direction} of a random model", paths, fast)
    below = f"/v1/models/{hub}/descendants"
    yield Question("the largest hub: first page", [below] * 20, (Target(0.5, 0.05),))
    lines = "application/x-ndjson"
    yield Question("the largest hub: all, streamed", [below] * 3, (Target(0.5, 3.0),), lines)
    sets = (models[place : place + SET] for place in range(0, len(models) - SET, SET))
    paths = [f"/v1/graph/common?{'&'.join(f'model={each}' for each in five)}" for five in sets]
    yield Question("nearest common base of five", paths, (Target(0.99, 0.02),))
    parts = [f"/v1/models?q={part}" for part in PARTS for _ in range(10)]
    yield Question("models by parts of their names", parts, (Target(0.99, 0.03),))
    yield Question("statistics", STATISTICS * 20, (Target(0.99, 0.02),))
    around = f"/v1/graph?focus={hub}&limit=2000&collapse=0"
    yield Question("2,000 nodes with layout", [around] * 10, (Target(0.5, 0.2),))
    rungs = [f"/v1/models/{ladder}/ancestors"] * 20
    yield Question("a ladder of 60 layers", rungs, (Target(0.5, 0.05),))
