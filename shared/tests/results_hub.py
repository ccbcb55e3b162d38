"""A hub that takes results by the rules of `POST /v1/results/imports`."""

from __future__ import annotations

import json
from typing import Any

from taking_hub import TakingHub

PLACES = ("line", "place")


class ResultsHub(TakingHub):
    """It keeps the rows of imports."""

    path = "/v1/results/imports"

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Any]] = {}

    def take(self, wanted: dict[str, Any]) -> dict[str, Any]:
        known = dict(self.rows)
        models = {row["model"] for row in known.values()}
        counts = {"added": 0, "repeated": 0, "replaced": 0}
        skipped = []
        for row in wanted["results"]:
            fact = json.dumps({name: value for name, value in row.items() if name not in PLACES})
            if row["benchmark"] == "refused":
                why = "the hub has no such benchmark"
                where = {name: row[name] for name in (*PLACES, "model", "benchmark")}
                skipped.append(where | {"why": why})
                continue
            counts["repeated" if fact in known else "added"] += 1
            known[fact] = row
        new = {row["model"] for row in known.values()} - models
        if not wanted["dry_run"]:
            self.rows = known
        return {
            "dry_run": wanted["dry_run"], **counts, "models_new": len(new), "benchmarks_new": [],
            "skipped": {"count": len(skipped), "items": skipped},
            "doubtful": {"count": 0, "items": []},
        }  # fmt: skip
