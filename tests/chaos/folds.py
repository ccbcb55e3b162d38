"""The expected data of lineage and leaderboard, computed only from the accepted reports.

A run's row holds its accepted report; the order is that of the events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from .evidence import Evidence, Row

Edge = tuple[Any, ...]
Learned = tuple[str, str, str, str, float | None, str | None, str]


def productions(evidence: Evidence) -> Iterator[Row]:
    """The runs that made a model, in the order of their events."""
    for event in evidence.outbox:
        if event["type"] == "model.produced" and event["data"]["run"] in evidence.runs:
            yield evidence.runs[event["data"]["run"]]


def edges(evidence: Evidence) -> dict[Edge, tuple[Any, ...]]:
    """Each edge with its first method, weight and run."""
    found: dict[Edge, tuple[Any, ...]] = {}

    def learn(child: tuple[str, Any], parent: Row, method: str | None, run: str) -> None:
        end = (_name(parent["name"], evidence), parent["digest"])
        edge = (*child, *end, parent["relation"], parent["role"])
        found.setdefault(edge, (method, parent["weight"], run))
        if parent["base"]:
            learn(end, parent["base"] | {"relation": "adapter", "role": "base"}, None, run)

    for run in productions(evidence):
        result, child = run["result"], run["spec"]["model_name"]
        for parent in result["parents"]:
            learn((child, result["output_digest"]), parent, result["method"], run["id"])
    return found


def counters(evidence: Evidence) -> dict[str, tuple[int, int, int]]:
    """For each parent: how many models came from it, by any relation, as base, as ingredient."""
    children: dict[str, tuple[set[str], set[str], set[str]]] = defaultdict(
        lambda: (set(), set(), set())
    )
    for child, _, parent, _, relation, role in edges(evidence):
        every, base, ingredient = children[parent]
        every.add(child)
        if relation == "merge":
            (base if role == "base" else ingredient).add(child)
    return {name: (len(a), len(b), len(c)) for name, (a, b, c) in children.items()}


def parents(evidence: Evidence) -> set[tuple[Any, ...]]:
    """The parents in the newest production of each name."""
    found: dict[str, dict[tuple[str, str], tuple[Any, ...]]] = {}

    def replace(model: str, told: list[Row], method: str | None, run: str) -> None:
        own = found[model] = {}
        for each in told:
            name = _name(each["name"], evidence)
            fact = (model, name, each["role"], each["relation"], each["weight"], method, run)
            own.setdefault((name, each["role"]), fact)
        for each in told:
            if each["base"]:
                base = each["base"] | {"relation": "adapter", "role": "base"}
                replace(_name(each["name"], evidence), [base], None, run)

    for run in productions(evidence):
        result = run["result"]
        replace(run["spec"]["model_name"], result["parents"], result["method"], run["id"])
    return {fact for own in found.values() for fact in own.values()}


def results(evidence: Evidence) -> list[Row]:
    """The leaderboard's results in the order of their events."""
    items = {(row["run"], row["benchmark"]): row["items"] for row in evidence.items}
    return [
        _fact(evidence.runs[event["data"]["run"]], event["data"]["benchmark"], items)
        for event in evidence.outbox
        if event["type"] == "evaluation.completed" and event["data"]["run"] in evidence.runs
    ]


def _fact(run: Row, benchmark: str, items: dict[tuple[str, str], Any]) -> Row:
    result = run["result"] or {"results": []}
    told: Row = next((r for r in result["results"] if r["benchmark"] == benchmark), {})
    kept = ("benchmark", "version", "metric", "value", "count", "shots")
    return {
        "run": run["id"],
        "model": run["spec"]["model_name"],
        "model_digest": result.get("model_digest"),
        "harness": result.get("harness"),
        "items": items.get((run["id"], benchmark), {}),
        **{name: told.get(name) for name in kept},
    }


def board(evidence: Evidence) -> dict[str, dict[str, float]]:
    """The newest score of each model on each benchmark."""
    shown: dict[str, dict[str, float]] = defaultdict(dict)
    for fact in results(evidence):
        shown[fact["model"]][fact["benchmark"]] = fact["value"]
    return dict(shown)


def _name(reference: str, evidence: Evidence) -> str:
    """A model's name in lineage: for `run:<id>`, the name that the run gave its model."""
    run = evidence.runs.get(reference.removeprefix("run:"))
    return str(run["spec"]["model_name"]) if run else reference
