"""A hub with something of everything, and what is known of it when its backup begins."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from click.testing import CliRunner, Result
from running import RunningHub

from mergehub.cli.main import main
from mergehub.client import HubClient, api

RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: right}]\nparameters: {weight: %s}\n"
ENV = {"MERGEHUB_WEBHOOK_ALLOW": '["127.0.0.0/8"]'}
SECONDS = 90
LOAD = 4
"""The most runs: on a slow machine the backup lasts longer, and the worker merges all of them."""
ACKNOWLEDGED = 3
"""Runs of the load from before the backup begins: one may be under way, the others wait."""
SCHEMAS = ["registry", "lineage", "leaderboard"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """The facts about a hub when its backup began, and its folders."""

    webhook: Json
    token: str
    facts: Json
    audit: list[Any]
    results: dict[str, Any]
    acknowledged: set[str]
    first: Path
    second: Path


def mergehub(*arguments: str | Path) -> Result:
    """What a command of the shell does, in this process."""
    return CliRunner().invoke(main, list(map(str, arguments)))


def done(*arguments: str | Path) -> Json:
    """The JSON output of a command as a process of its own, which must succeed."""
    command = [Path(sys.prefix) / "bin" / "mergehub", *arguments, "--json"]
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=SECONDS)
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


def merge(name: str, weight: float) -> Json:
    return {"kind": "merge", "recipe": RECIPE % weight, "model_name": f"local/{name}"}


def finished(client: HubClient, wanted: Json) -> Any:
    *_, last = client.follow(client.submit(wanted).id)
    assert last.state == "succeeded", last.error
    return last


def facts(client: HubClient) -> Json:
    """A hub's answers about everything that unfinished runs do not change.

    The size of a recipe is no part of its row: a hub asks lineage for it after each start.
    """
    recipes = [{**each, "size": None} for each in client.get("/v1/recipes")["items"]]
    models = [client.model(f"local/early-{number}") for number in range(2)]
    tokens = [{**each, "last_used_at": None} for each in client.tokens()]
    return {
        "recipes": recipes,
        "versions": [client.get(f"/v1/recipes/{each['id']}/versions") for each in recipes],
        "edges": [client.ancestors(each["id"])["edges"] for each in models],
        "results": client.get("/v1/results")["items"],
        "board": client.get("/v1/boards/overall")["items"],
        "tokens": tokens,
        "webhooks": client.get("/v1/webhooks")["items"],
        "account": client.get("/v1/accounts/me"),
    }


@contextmanager
def under_load(hub: RunningHub) -> Iterator[SimpleQueue[str]]:
    """Submit one run after the other, up to LOAD; returns those that were acknowledged."""
    stop, acknowledged = threading.Event(), SimpleQueue[str]()

    def submit() -> None:
        with hub.client() as client:
            for number in range(1, LOAD + 1):
                acknowledged.put(str(client.submit(merge(f"load-{number}", number)).id))
                if stop.wait(0.2):
                    return

    thread = threading.Thread(target=submit)
    thread.start()
    try:
        yield acknowledged
    finally:
        stop.set()
        thread.join()


def prepared(hub: RunningHub, client: HubClient, url: str) -> tuple[Json, str]:
    recipe = client.publish(RECIPE % 1, "soup")["id"]
    client.publish_version(recipe, RECIPE % 2)
    client.publish(RECIPE % 3, "secret", visibility="private")
    for number in range(2):
        run = finished(client, merge(f"early-{number}", number + 1))
    measured(hub, client, run)
    while not client.get("/v1/results")["items"] or len(client.get("/v1/models")["items"]) < 4:
        threading.Event().wait(0.05)  # lineage and leaderboard apply events in their own time
    webhook = client.send(api.create_webhook({"url": url, "types": ["run.succeeded"]}))
    return dict(webhook), client.create_token("ci", ["runs:submit"])["token"]


def measured(hub: RunningHub, client: HubClient, merged: Any) -> None:
    """Submit an evaluation, and report its result as a worker with a GPU does."""
    wanted = {"kind": "evaluate", "model": f"run:{merged.id}", "benchmarks": ["next"]}
    run = client.submit(wanted | {"hardware": "gpu"})
    score = {"benchmark": "next", "version": "1", "metric": "acc", "value": 0.75, "stderr": 0.1}
    result = {
        "kind": "evaluate", "model": f"run:{merged.id}", "harness": "lm-eval 0.4", "seconds": 1,
        "model_digest": merged.result["output_digest"],
        "results": [score | {"count": 4, "shots": 0, "items": {"a": 1, "b": 0, "c": 1, "d": 1}}],
    }  # fmt: skip
    with HubClient(hub.url, token_of_workers(hub)) as worker:
        claim = worker.send(api.claim_run(str(run.id), {"worker": "gpu-1"}))
        report: Any = {"fence": claim["fence"], "outcome": "succeeded", "result": result}
        worker.send(api.report_run(str(run.id), report))


def token_of_workers(hub: RunningHub) -> str:
    return str(json.loads((hub.data / "tokens.json").read_text())["worker"])
