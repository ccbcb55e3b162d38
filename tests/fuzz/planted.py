"""A little of everything, made through the API: runs are submitted, claimed and reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from mergehub.contracts.examples import RECIPE

Json = dict[str, Any]
Dictionaries = Mapping[str, list[Any]]

PATIENCE_SECONDS = 60.0
MODEL, BENCHMARK = "planted/merged", "dates"
URL = "https://ci.example.org/hooks"
DOOMED = 30


def plant(registry: httpx.Client, worker: httpx.Client) -> dict[str, list[Any]]:
    """Recipes, runs in every state, an evaluated merge and its parent, webhooks with deliveries.

    Returns the valid values, by the names of their dictionaries.
    """
    recipes = [
        _make(registry, "/v1/recipes", {"name": n, "recipe": RECIPE}) for n in ("one", "two")
    ]
    merge = _run(registry, worker, _merge(MODEL), MERGED)
    evaluations = [
        _run(registry, worker, _evaluate(model), EVALUATED | {"model": model})
        for model in (f"run:{merge}", "org/dates")
    ]
    queued, claimed, cancelled = (_make(registry, "/v1/runs", _merge(MODEL)) for _ in range(3))
    _claim(worker, claimed)
    registry.post(f"/v1/runs/{cancelled}/cancel").raise_for_status()
    hook, *doomed = (_make(registry, "/v1/webhooks", {"url": URL}) for _ in range(1 + DOOMED))
    deliveries = [_make(registry, f"/v1/webhooks/{hook}/test", {}) for _ in range(5)]
    return {
        "recipes": recipes,
        "recipe_texts": [RECIPE, RECIPE.replace("ties", "linear"), "merge_method: none", "[]"],
        "numbers": [1, *deliveries],
        "runs": [merge, *evaluations, queued, claimed, cancelled],
        "fences": [1, 2, 3],
        "webhooks": [hook],
        "doomed_webhooks": doomed,
        "model_names": [MODEL, "org/dates"],
        "benchmarks": [BENCHMARK],
        "etags": ["*"],
    }


def grown(lineage: httpx.Client, leaderboard: httpx.Client) -> dict[str, list[Any]]:
    """Wait until the other services know the planted data; returns more such values."""
    _until(lambda: bool(lineage.get("/v1/models", params={"name": MODEL}).json()["items"]))
    _until(lambda: len(leaderboard.get("/v1/results").json()["items"]) == 2)
    return {"models": [each["id"] for each in lineage.get("/v1/models").json()["items"]]}


def _merge(name: str) -> Json:
    return {"kind": "merge", "recipe": RECIPE, "model_name": name}


def _evaluate(model: str) -> Json:
    return {"kind": "evaluate", "model": model, "benchmarks": [BENCHMARK]}


def _make(client: httpx.Client, path: str, body: Json) -> Any:
    return client.post(path, json=body).raise_for_status().json()["id"]


def _claim(worker: httpx.Client, run: str) -> int:
    claim = worker.post(f"/v1/runs/{run}/claim", json={"worker": "planter"}).raise_for_status()
    return int(claim.json()["fence"])


def _run(registry: httpx.Client, worker: httpx.Client, wanted: Json, result: Json) -> str:
    """A run that has succeeded."""
    run = str(_make(registry, "/v1/runs", wanted))
    report = {"fence": _claim(worker, run), "outcome": "succeeded", "result": result}
    worker.post(f"/v1/runs/{run}/report", json=report).raise_for_status()
    return run


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("the planted data did not reach the other services")
        time.sleep(0.05)


MERGED: Json = {
    "kind": "merge",
    "output_digest": "sha256:out",
    "lock_digest": "sha256:lock",
    "engine_version": "0.1.0",
    "method": "ties",
    "tensors": 3,
    "bytes": 1024,
    "seconds": 1.5,
    "parents": [
        {"name": "org/base", "role": "base"},
        {"name": "org/dates", "weight": 0.6},
        {"name": "org/units", "weight": 0.4},
    ],
}

EVALUATED: Json = {
    "kind": "evaluate",
    "model_digest": "sha256:out",
    "harness": "lm-eval",
    "seconds": 2.5,
    "results": [
        {
            "benchmark": BENCHMARK,
            "version": "1",
            "metric": "acc",
            "value": 0.5,
            "stderr": 0.25,
            "count": 4,
            "shots": 0,
            "items": {"a": 1, "b": 0, "c": 1, "d": 0},
        }
    ],
}
