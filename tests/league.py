"""Models with results and lineage, which a hub ranks: a base, two tunes, and merges of them."""

from __future__ import annotations

from typing import Any

import httpx
from atlas import edge
from running import eventually

BOARD = "open-llm-v2"
BENCHMARKS = {
    "ifeval": {"version": "1", "metric": "strict_acc", "shots": 0},
    "bbh": {"version": "open-llm-2", "metric": "acc_norm", "shots": 3},
    "math": {"version": "level-5", "metric": "exact_match", "shots": 4},
    "gpqa": {"version": "open-llm-2", "metric": "acc_norm", "shots": 0},
    "musr": {"version": "open-llm-2", "metric": "acc_norm", "shots": 0},
    "mmlu-pro": {"version": "open-llm-2", "metric": "acc", "shots": 5},
}
METHODS = {"ties": (6, 0.06), "slerp": (4, -0.06)}
"""How many merges were made by each method, and what they gained over the better tune."""
OTHERS = 150
MODELS = 3 + sum(count for count, _ in METHODS.values()) + OTHERS
STDERR = 0.01


class League:
    """What the hub knows of these models."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        merges = [
            (f"league/{method}-{n}", method, gain + 0.001 * n)
            for method, (count, gain) in METHODS.items()
            for n in range(count)
        ]
        names = [name for name, _, _ in merges]
        names += ["league/base", "league/tune-a", "league/tune-b"]
        edges = [edge(f"league/tune-{each}", "league/base", "finetune") for each in "ab"]
        for name, method, _ in merges:
            edges.append(edge(name, "league/base", "merge", role="base", method=method))
            edges += [
                edge(name, f"league/tune-{each}", "merge", method=method, weight=0.5)
                for each in "ab"
            ]
        models = [{"name": name, "parameters": 7_000_000_000} for name in names]
        body = {"source": "edge-list", "edges": edges, "models": models}
        self._http.post("/v1/graph/imports", json=body).raise_for_status()
        rows = [*results("league/base", 0.4), *results("league/tune-a", 0.5)]
        rows += results("league/tune-b", 0.45)
        for name, _, gain in merges:
            rows += results(name, 0.5 + gain)
        for n in range(OTHERS):
            rows += results(f"league/other-{n:03}", 0.2 + n / 1000)
        self.bring_in(rows)
        eventually(lambda: self.ranks("league/") == MODELS or None)
        eventually(lambda: self._compared() or None)

    def bring_in(self, rows: list[dict[str, Any]]) -> None:
        body = {"origin": "league.csv", "source": "imported", "results": rows}
        self._http.post("/v1/results/imports", json=body).raise_for_status()

    def ranks(self, part: str) -> int:
        """How many models with a part of a name are on the board."""
        found = self._http.get(f"/v1/boards/{BOARD}", params={"q": part, "limit": 1})
        return int(found.json()["matching"]) if found.is_success else 0

    def _compared(self) -> bool:
        found = self._http.get("/v1/uplift/table", params={"board": BOARD})
        cells = found.json()["cells"] if found.is_success else []
        return {cell["method"] for cell in cells} >= METHODS.keys()


def results(model: str, value: float, **more: Any) -> list[dict[str, Any]]:
    """The same value on every benchmark of the board."""
    return [
        {"model": model, "benchmark": name, "value": round(value, 4), "stderr": STDERR}
        | setting
        | {"precision": "bfloat16", "evaluated_on": "2026-11-01"}
        | more
        for name, setting in BENCHMARKS.items()
    ]
