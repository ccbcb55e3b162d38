"""A hub of one address, which takes results by the rules of `POST /v1/results/imports`.

Tests of the command use it for answers that a real hub gives only when something is wrong.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scripted import Handler, Scripted, body


class ResultsHub(Scripted):
    """It keeps the rows of imports; `refusals` are answered first, one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Any]] = {}
        self.imports: list[dict[str, Any]] = []
        self.refusals: list[Any] = []


class _Handler(Handler):
    server: ResultsHub

    def answer(self) -> None:
        told = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/v1/accounts/me":
            body({"account": {"handle": "me"}})(self)
        elif self.server.refusals:
            self.server.refusals.pop(0)(self)
        else:
            assert self.path == "/v1/results/imports", self.path
            wanted = json.loads(told)
            self.server.imports.append(wanted)
            body(_imported(self.server, wanted))(self)

    do_GET = do_POST = answer


def _imported(hub: ResultsHub, wanted: dict[str, Any]) -> dict[str, Any]:
    known = dict(hub.rows)
    models = {row["model"] for row in known.values()}
    counts = {"added": 0, "repeated": 0, "replaced": 0}
    skipped = []
    for row in wanted["results"]:
        fact = json.dumps({name: value for name, value in row.items() if name != "line"})
        if row["benchmark"] == "refused":
            why = "the hub has no such benchmark"
            skipped.append({"line": row["line"], "model": row["model"],
                            "benchmark": row["benchmark"], "why": why})  # fmt: skip
            continue
        counts["repeated" if fact in known else "added"] += 1
        known[fact] = row
    new = {row["model"] for row in known.values()} - models
    if not wanted["dry_run"]:
        hub.rows = known
    return {
        "dry_run": wanted["dry_run"], **counts, "models_new": len(new), "benchmarks_new": [],
        "skipped": {"count": len(skipped), "items": skipped},
        "doubtful": {"count": 0, "items": []},
    }  # fmt: skip


@contextmanager
def results_hub() -> Iterator[ResultsHub]:
    """The hub for a block."""
    with ResultsHub() as hub:
        hub.RequestHandlerClass = _Handler
        thread = threading.Thread(target=hub.serve_forever, args=(0.01,))
        thread.start()
        yield hub
        hub.ended.set()
        hub.shutdown()
        thread.join()
