"""A hub of one address, which takes imports by the rules of `POST /v1/graph/imports`.

Tests of the command use it for answers that a real hub gives only when something is wrong.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scripted import Handler, Scripted, body

COUNTS = ("added", "known", "strengthened", "weaker", "skipped")


class ImportingHub(Scripted):
    """It keeps the edges and models of imports; `refusals` are answered first, one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.edges: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self.imports: list[dict[str, Any]] = []
        self.refusals: list[Any] = []


class _Handler(Handler):
    server: ImportingHub

    def answer(self) -> None:
        told = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/v1/accounts/me":
            body({"account": {"handle": "me"}})(self)
        elif self.server.refusals:
            self.server.refusals.pop(0)(self)
        else:
            assert self.path == "/v1/graph/imports", self.path
            wanted = json.loads(told)
            self.server.imports.append(wanted)
            body(_imported(self.server, wanted))(self)

    do_GET = do_POST = answer


def _imported(hub: ImportingHub, wanted: dict[str, Any]) -> dict[str, Any]:
    edges, skipped = dict.fromkeys(COUNTS, 0), []
    for edge in wanted["edges"]:
        key = (edge["child"], edge["parent"], edge.get("role"))
        if edge["child"] == edge["parent"]:
            edges["skipped"] += 1
            skipped.append({
                "line": edge["line"], "child": edge["child"], "parent": edge["parent"],
                "reason": "it closes a cycle", "code": "cycle",
            })  # fmt: skip
        elif key in hub.edges:
            edges["known"] += 1
        else:
            edges["added"] += 1
            if not wanted["dry_run"]:
                hub.edges[key] = edge
    added = [each for each in wanted["models"] if each["name"] not in hub.models]
    if not wanted["dry_run"]:
        hub.models |= {each["name"]: each for each in wanted["models"]}
    models = {"added": len(added), "changed": len(wanted["models"]) - len(added)}
    told = [each["name"] for each in added] if wanted["dry_run"] else []
    return {
        "edges": edges, "models": models, "would_add": told, "skipped": skipped, "corrected": [],
    }  # fmt: skip


@contextmanager
def importing_hub() -> Iterator[ImportingHub]:
    """The hub for a block."""
    with ImportingHub() as hub:
        hub.RequestHandlerClass = _Handler
        thread = threading.Thread(target=hub.serve_forever, args=(0.01,))
        thread.start()
        yield hub
        hub.ended.set()
        hub.shutdown()
        thread.join()
