"""All that remains of a chaos run, as plain data for the checker."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from leaderboard.facts.item_scores import unpack_hashes, unpack_scores

from .history import Entry, History
from .journals import Journals, Kept
from .logs import logged
from .stack import REPLICAS, Stack
from .tidiness import left_over
from .watch import Truth, fault_of, visible

Row = dict[str, Any]
CONSUMERS = ("lineage", "leaderboard")

RUNS = "SELECT id::text, kind, state, fence, spec, result, error FROM registry.runs"
# Events are in the order of commits, although their rows may be written in another one.
OUTBOX = (
    "SELECT sequence, event_id::text AS id, type, published, data, "
    "extract(epoch FROM time)::float8 AS time FROM registry.outbox ORDER BY sequence, outbox.id"
)
ITEMS = "SELECT run_id::text AS run, benchmark, items FROM registry.run_items"
EDGES = """
SELECT child.name AS child, child_revision.digest AS child_digest, parent.name AS parent,
       parent_revision.digest AS parent_digest, edges.relation, edges.role, edges.method,
       edges.weight, edges.run::text
FROM lineage.edges
JOIN lineage.models child ON child.number = edges.child
JOIN lineage.models parent ON parent.number = edges.parent
LEFT JOIN lineage.revisions child_revision ON child_revision.id = edges.child_revision
LEFT JOIN lineage.revisions parent_revision ON parent_revision.id = edges.parent_revision
"""
COUNTERS = """
SELECT name, children_count + coalesce(children, 0) AS children_count,
  base_count + coalesce(as_base, 0) AS base_count,
  ingredient_count + coalesce(as_ingredient, 0) AS ingredient_count
FROM lineage.models LEFT JOIN lineage.model_counters ON model = number
"""
RESULTS = """
SELECT run::text, measures.name AS benchmark, version, metric, models.name AS model,
       revision AS model_digest, value, count, shots, harness, hashes, scores
FROM leaderboard.facts
JOIN leaderboard.variants ON variants.id = variant_id
JOIN leaderboard.models ON models.id = model_id
JOIN leaderboard.settings ON settings.id = setting_id
JOIN leaderboard.measures ON measures.id = measure_id
JOIN leaderboard.origins ON origins.id = origin_id
LEFT JOIN leaderboard.fact_items ON fact_id = facts.id
LEFT JOIN leaderboard.item_sets ON item_sets.id = item_set_id
ORDER BY facts.id
"""
PARENTS = "SELECT model, parent, role, relation, weight, method, run::text FROM leaderboard.parents"


@dataclass(frozen=True)
class Inbox:
    """The events that a consumer applied, in order of the sequence, and its position."""

    applied: list[tuple[int, str]]
    position: int
    refused: int


@dataclass(frozen=True)
class Evidence:
    """`calm` has the output digest of each dish of an undisturbed run; `models` what is wrong with
    each model on disk; `boards` the scores by model and benchmark that each replica shows."""

    history: Sequence[Entry] = ()
    calm: Mapping[str, str] = field(default_factory=dict)
    runs: Mapping[str, Row] = field(default_factory=dict)
    outbox: Sequence[Row] = ()
    items: Sequence[Row] = ()
    inboxes: Mapping[str, Inbox] = field(default_factory=dict)
    edges: Sequence[Row] = ()
    counters: Sequence[Row] = ()
    results: Sequence[Row] = ()
    parents: Sequence[Row] = ()
    boards: Sequence[Mapping[str, Mapping[str, float]]] = ()
    models: Mapping[str, str | None] = field(default_factory=dict)
    left: Sequence[str] = ()
    journals: Sequence[Kept] = ()
    logged: Mapping[str, int] = field(default_factory=dict)

    def of(self, *what: str) -> list[Entry]:
        """The entries of the history of these kinds."""
        return [entry for entry in self.history if entry["what"] in what]


async def gather(
    stack: Stack, truth: Truth, log: History, journals: Journals, calm: Mapping[str, str]
) -> Evidence:
    """Read everything. The stack must still run, but have no more work."""
    folders = visible(stack.artifacts)
    return Evidence(
        history=log.entries,
        calm=calm,
        **await in_tables(truth),
        boards=[await _board(stack, replica) for replica in range(REPLICAS)],
        models={name: fault_of(stack.artifacts / "runs" / name) for name in folders},
        left=left_over(stack.artifacts, stack.scratch),
        journals=list(journals.read()),
        logged=logged(stack.folder / "logs"),
    )


async def in_tables(truth: Truth) -> dict[str, Any]:
    """The fields of the evidence that the tables of the services hold."""
    return {
        "runs": {row["id"]: row for row in await _rows(truth, RUNS)},
        "outbox": await _rows(truth, OUTBOX),
        "items": await _rows(truth, ITEMS),
        "inboxes": {name: await _inbox(truth, name) for name in CONSUMERS},
        "edges": await _rows(truth, EDGES),
        "counters": await _rows(truth, COUNTERS),
        "results": [_with_items(row) for row in await truth.fetch(RESULTS)],
        "parents": await _rows(truth, PARENTS),
    }


async def _rows(truth: Truth, query: str) -> list[Row]:
    """The rows, with JSON columns read (they come as text)."""
    read = {"spec", "result", "error", "data", "items"}
    return [
        {k: json.loads(v) if k in read and v is not None else v for k, v in row.items()}
        for row in await truth.fetch(query)
    ]


def _with_items(row: Row) -> Row:
    """A result with its item scores unpacked."""
    told = {name: value for name, value in row.items() if name not in ("hashes", "scores")}
    if row["hashes"] is None:
        return told | {"items": {}}
    items = unpack_hashes(row["hashes"])
    return told | {"items": dict(unpack_scores(items, row["scores"]))}


async def _inbox(truth: Truth, service: str) -> Inbox:
    applied = await truth.fetch(
        f"SELECT sequence, event_id::text AS id FROM {service}.inbox ORDER BY sequence"
    )
    position = await truth.fetch(f"SELECT sequence FROM {service}.inbox_position")
    refused = await truth.fetch(f"SELECT event_id FROM {service}.inbox_refused")
    return Inbox(
        applied=[(row["sequence"], row["id"]) for row in applied],
        position=position[0]["sequence"] if position else 0,
        refused=len(refused),
    )


async def _board(stack: Stack, replica: int) -> dict[str, dict[str, float]]:
    """The scores on the board that one replica shows."""
    socket = str(stack.socket("leaderboard", replica))
    transport = httpx.AsyncHTTPTransport(uds=socket, retries=3, verify=False)
    shown: dict[str, dict[str, float]] = {}
    cursor: str | None = ""
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        while cursor is not None:
            query = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/v1/boards/overall", params=query)).raise_for_status().json()
            for row in page["items"]:
                shown[row["model"]] = {k: score["raw"] for k, score in row["scores"].items()}
            cursor = page["next_cursor"]
    return shown
