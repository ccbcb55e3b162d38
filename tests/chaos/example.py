"""Hand-written evidence of a run in which nothing went wrong, to test the checker with.

Five runs: `m` is a merge that began twice, since its worker died; `n` merges the model of `m` with
an adapter; `e` is an evaluation that was reported twice, once too late; `c` was cancelled; `f`
failed after all its attempts.
"""

from __future__ import annotations

from typing import Any

from .evidence import Evidence, Inbox, Row
from .journals import Kept

DISHES = {"m": "linear", "n": "adapter", "e": "made up", "c": "linear", "f": "linear"}
INGREDIENTS = ("left", "chaos/soup", "base+adapter")
TOLD = (
    ("m", "run.queued"), ("m", "run.started"), ("m", "run.queued"), ("m", "run.started"),
    ("m", "run.succeeded"), ("m", "model.produced"),
    ("n", "run.queued"), ("n", "run.started"), ("n", "run.succeeded"), ("n", "model.produced"),
    ("e", "run.queued"), ("e", "run.started"), ("e", "run.succeeded"),
    ("e", "evaluation.completed"),
    ("c", "run.queued"), ("c", "run.cancelled"),
    ("f", "run.queued"), ("f", "run.started"), ("f", "run.failed"),
)  # fmt: skip


def example() -> Evidence:
    """A new copy of the evidence, which a test may change."""
    outbox = [_event(number, run, kind) for number, (run, kind) in enumerate(TOLD, 1)]
    applied = [(event["sequence"], event["id"]) for event in outbox]
    return Evidence(
        history=_history(outbox),
        calm={"linear": "sha256:soup", "adapter": "sha256:spiced"},
        runs={run["id"]: run for run in _runs()},
        outbox=outbox,
        items=[{"run": "e", "benchmark": "logic", "items": {"item-0": 0.5}}],
        inboxes={
            name: Inbox(list(applied), len(applied), 0) for name in ("lineage", "leaderboard")
        },
        edges=_edges(),
        counters=[
            _counter("base", 1), *(_counter(name, 1, 0, 1) for name in INGREDIENTS),
            _counter("chaos/spiced", 0),
        ],
        results=[_measured() | {"items": {"item-0": 0.5}}],
        parents=_known_parents(),
        boards=[{"left": {"logic": 0.5}}, {"left": {"logic": 0.5}}],
        models={"m": None, "n": None},
        left=[],
        journals=[Kept("m", 2, [{"tensor": "a"}, {"tensor": "b"}, {"complete": True}])],
    )  # fmt: skip


def _event(number: int, run: str, kind: str) -> Row:
    data = {"run": run} | ({"benchmark": "logic"} if kind == "evaluation.completed" else {})
    return {
        "sequence": number, "id": f"event-{number}", "type": kind, "published": True,
        "data": data, "time": 100.0 + number,
    }  # fmt: skip


def _history(outbox: list[Row]) -> list[dict[str, Any]]:
    acknowledged = [
        {"what": "acknowledged", "key": f"key-{run}", "run": run, "dish": dish}
        for run, dish in DISHES.items()
    ]
    report = {"what": "report", "run": "e", "fence": 2, "stale": False, "values": {"logic": 0.5}}
    return [
        *acknowledged,
        _row("m", "queued", 0, None, 1), _row("m", "running", 1, "worker-0", 2),
        _row("m", "running", 2, "worker-1", 4), _row("m", "succeeded", 2, "worker-1", 5),
        report | {"accepted": True}, report | {"accepted": True},
        report | {"accepted": False, "stale": True, "fence": 1},
        {"what": "visible", "run": "m", "fault": None},
        {"what": "feed", "after": 0, "events": {e["sequence"]: e["id"] for e in outbox}},
        # Between the first start of `m` (102) and its return to the queue (103).
        {"what": "bereaved", "name": "worker-0", "runs": ["m"], "died": 102.5, "quiet": True},
    ]  # fmt: skip


def _row(run: str, state: str, fence: int, worker: str | None, revision: int) -> Row:
    return {
        "what": "row", "run": run, "state": state, "fence": fence, "worker": worker,
        "attempt": fence, "revision": revision,
    }  # fmt: skip


def _runs() -> list[Row]:
    evaluation = {
        "model_digest": "sha256:left", "harness": "chaos",
        "results": [{k: v for k, v in _measured().items() if k in BENCHMARK_COLUMNS}],
    }  # fmt: skip
    error = {"code": "attempts-exhausted", "message": "All 5 attempts are spent."}
    soup = {"output_digest": "sha256:soup", "method": "linear", "parents": [_parent("left", 0.5)]}
    beneath = {"name": "base", "digest": None, "weight": None, "base": None}
    parents = [_parent("run:m", None), _parent("base+adapter", 1.0) | {"base": beneath}]
    spiced = {"output_digest": "sha256:spiced", "method": "task_arithmetic", "parents": parents}
    return [
        _run("m", "succeeded", 2, {"model_name": "chaos/soup"}, soup),
        _run("n", "succeeded", 1, {"model_name": "chaos/spiced"}, spiced),
        _run("e", "succeeded", 2, {"model_name": "left"}, evaluation) | {"kind": "evaluate"},
        _run("c", "cancelled", 0, {"model_name": "chaos/never"}, None),
        _run("f", "failed", 5, {"model_name": "chaos/never"}, None) | {"error": error},
    ]


BENCHMARK_COLUMNS = ("benchmark", "version", "metric", "value", "count", "shots")


def _measured() -> Row:
    return {
        "run": "e", "benchmark": "logic", "version": "1", "metric": "acc", "model": "left",
        "model_digest": "sha256:left", "value": 0.5, "count": 1, "shots": 0, "harness": "chaos",
    }  # fmt: skip


def _run(run: str, state: str, fence: int, spec: Row, result: Row | None) -> Row:
    return {
        "id": run, "kind": "merge", "state": state, "fence": fence, "spec": spec,
        "result": result, "error": None,
    }  # fmt: skip


def _parent(name: str, weight: float | None) -> Row:
    return {
        "name": name, "digest": f"sha256:{name}", "relation": "merge", "role": "ingredient",
        "weight": weight, "base": None,
    }  # fmt: skip


def _edges() -> list[Row]:
    spiced = ("chaos/spiced", "sha256:spiced")
    adapted = ("base+adapter", "sha256:base+adapter")
    told = [
        ("chaos/soup", "sha256:soup", "left", "sha256:left", "merge", "ingredient"),
        (*spiced, "chaos/soup", "sha256:run:m", "merge", "ingredient"),
        (*spiced, *adapted, "merge", "ingredient"),
        (*adapted, "base", None, "adapter", "base"),
    ]
    learned = [
        ("linear", 0.5, "m"), ("task_arithmetic", None, "n"), ("task_arithmetic", 1.0, "n"),
        (None, None, "n"),
    ]  # fmt: skip
    names = ("child", "child_digest", "parent", "parent_digest", "relation", "role")
    facts = ("method", "weight", "run")
    return [
        dict(zip(names + facts, edge + more, strict=True))
        for edge, more in zip(told, learned, strict=True)
    ]


def _counter(name: str, children: int, base: int = 0, ingredient: int = 0) -> Row:
    return {
        "name": name, "children_count": children, "base_count": base,
        "ingredient_count": ingredient,
    }  # fmt: skip


def _known_parents() -> list[Row]:
    columns = ("model", "parent", "role", "relation", "weight", "method", "run")
    rows = [
        ("chaos/soup", "left", "ingredient", "merge", 0.5, "linear", "m"),
        ("chaos/spiced", "chaos/soup", "ingredient", "merge", None, "task_arithmetic", "n"),
        ("chaos/spiced", "base+adapter", "ingredient", "merge", 1.0, "task_arithmetic", "n"),
        ("base+adapter", "base", "base", "adapter", None, None, "n"),
    ]
    return [dict(zip(columns, row, strict=True)) for row in rows]
