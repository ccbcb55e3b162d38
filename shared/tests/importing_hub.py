"""A hub that takes lineage by the rules of `POST /v1/graph/imports`."""

from __future__ import annotations

from typing import Any

from taking_hub import TakingHub

COUNTS = ("added", "known", "strengthened", "weaker", "skipped")


class ImportingHub(TakingHub):
    """It keeps the edges and models of imports."""

    path = "/v1/graph/imports"

    def __init__(self) -> None:
        super().__init__()
        self.edges: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.models: dict[str, dict[str, Any]] = {}

    def take(self, wanted: dict[str, Any]) -> dict[str, Any]:
        edges, skipped = dict.fromkeys(COUNTS, 0), []
        for edge in wanted["edges"]:
            key = (edge["child"], edge["parent"], edge.get("role"))
            if edge["child"] == edge["parent"]:
                edges["skipped"] += 1
                skipped.append({
                    "line": edge["line"], "child": edge["child"], "parent": edge["parent"],
                    "reason": "it closes a cycle", "code": "cycle",
                })  # fmt: skip
            elif key in self.edges:
                edges["known"] += 1
            else:
                edges["added"] += 1
                if not wanted["dry_run"]:
                    self.edges[key] = edge
        added = [each for each in wanted["models"] if each["name"] not in self.models]
        if not wanted["dry_run"]:
            self.models |= {each["name"]: each for each in wanted["models"]}
        models = {"added": len(added), "changed": len(wanted["models"]) - len(added)}
        told = [each["name"] for each in added] if wanted["dry_run"] else []
        return {
            "edges": edges, "models": models, "would_add": told, "skipped": skipped,
            "corrected": [],
        }  # fmt: skip
