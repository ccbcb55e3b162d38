"""A hub is backed up while it works, restored elsewhere, compared item by item, and continues."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from click.testing import CliRunner, Result
from running import RunningHub, started_hub
from standardwebhooks import Webhook

from mergehub.cli.main import main
from mergehub.client import HubClient, api
from mergehub.contracts.runs import FINAL
from mergehub.hub.backup import restore, save
from mergehub.hub.postgres import Postgres
from mergehub.hub.valkey import Valkey

pytestmark = [pytest.mark.timeout(600), pytest.mark.process]

RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: right}]\nparameters: {weight: %s}\n"
ENV = {"MERGEHUB_WEBHOOK_ALLOW": '["127.0.0.0/8"]'}
SECONDS = 90
LOAD = 4
"""The most runs: on a slow machine the backup lasts longer, and the worker merges all of them."""
ACKNOWLEDGED = 3
"""Runs of the load from before the backup begins: one may be under way, the others wait."""
SCHEMAS = ["registry", "lineage", "leaderboard"]

Json = dict[str, Any]


class Receiver(ThreadingHTTPServer):
    """A receiver of a hub's deliveries."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: SimpleQueue[tuple[dict[str, str], bytes]] = SimpleQueue()


class _Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.put((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the test looks at the deliveries."""


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
    """A hub's answers about everything that unfinished runs do not change."""
    recipes = client.get("/v1/recipes")["items"]
    models = [client.model(f"local/early-{number}") for number in range(2)]
    tokens = [{**each, "last_used_at": None} for each in client.tokens()]
    return {
        "recipes": recipes,
        "versions": [client.get(f"/v1/recipes/{each['id']}/versions") for each in recipes],
        "edges": [client.ancestors(each["id"])["edges"] for each in models],
        "results": client.get("/v1/results")["items"],
        "board": client.board("overall"),
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


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A short path, since a Unix socket's must be short."""
    with tempfile.TemporaryDirectory(prefix="mh-b-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def story(place: Path, models: Path, receiver: Receiver) -> Story:
    """A hub with something of everything, backed up while it gets runs, and restored."""
    with started_hub(place / "first", models, **ENV) as hub, hub.client() as client:
        webhook, token = _prepared(hub, client, f"http://127.0.0.1:{receiver.server_port}/")
        known, audit = facts(client), list(client.hub.pages(api.list_audit()))
        merges = [client.run(run.id) for run in client.runs() if run.kind == "merge"]
        with under_load(hub) as acknowledged:
            before = {acknowledged.get(timeout=SECONDS) for _ in range(ACKNOWLEDGED)}
            done("backup", place / "hub.tar", "--data", hub.data)
    done("restore", place / "hub.tar", "--data", place / "second")
    results = {str(run.id): run.result for run in merges}
    return Story(webhook, token, known, audit, results, before, place / "first", place / "second")


def _prepared(hub: RunningHub, client: HubClient, url: str) -> tuple[Json, str]:
    recipe = client.publish(RECIPE % 1, "soup")["id"]
    client.publish_version(recipe, RECIPE % 2)
    client.publish(RECIPE % 3, "secret", visibility="private")
    for number in range(2):
        run = finished(client, merge(f"early-{number}", number + 1))
    _measured(hub, client, run)
    while not client.get("/v1/results")["items"] or len(client.get("/v1/models")["items"]) < 4:
        threading.Event().wait(0.05)  # lineage and leaderboard apply events in their own time
    webhook = client.send(api.create_webhook({"url": url, "types": ["run.succeeded"]}))
    return dict(webhook), client.create_token("ci", ["runs:submit"])["token"]


def _measured(hub: RunningHub, client: HubClient, merged: Any) -> None:
    """Submit an evaluation, and report its result as a worker with a GPU does."""
    wanted = {"kind": "evaluate", "model": f"run:{merged.id}", "benchmarks": ["next"]}
    run = client.submit(wanted | {"hardware": "gpu"})
    score = {"benchmark": "next", "version": "1", "metric": "acc", "value": 0.75, "stderr": 0.1}
    result = {
        "kind": "evaluate", "model": f"run:{merged.id}", "harness": "lm-eval 0.4", "seconds": 1,
        "model_digest": merged.result["output_digest"],
        "results": [score | {"count": 4, "shots": 0, "items": {"a": 1, "b": 0, "c": 1, "d": 1}}],
    }  # fmt: skip
    with HubClient(hub.url, _token_of_workers(hub)) as worker:
        claim = worker.send(api.claim_run(str(run.id), {"worker": "gpu-1"}))
        report: Any = {"fence": claim["fence"], "outcome": "succeeded", "result": result}
        worker.send(api.report_run(str(run.id), report))


def _token_of_workers(hub: RunningHub) -> str:
    return str(json.loads((hub.data / "tokens.json").read_text())["worker"])


@pytest.fixture(scope="module")
def again(story: Story, models: Path) -> Iterator[RunningHub]:
    """The restored hub without a worker, so that nothing changes."""
    with started_hub(story.second, models, workers=0, **ENV) as hub:
        yield hub


def test_what_had_come_to_rest_is_the_same_after_a_restore(again: RunningHub, story: Story) -> None:
    with again.client() as client:
        found = facts(client)
    for name, fact in story.facts.items():
        assert found[name] == fact, name


def test_every_run_acknowledged_before_the_backup_began_is_in_it(
    again: RunningHub, story: Story
) -> None:
    with again.client() as client:
        runs = {str(each["id"]) for each in client.hub.pages(api.list_runs(limit=200))}
        assert story.acknowledged <= runs
        for run, result in story.results.items():
            assert client.run(UUID(run)).result == result


def test_every_run_that_succeeded_has_its_model_byte_for_byte(
    again: RunningHub, story: Story
) -> None:
    with again.client() as client:
        runs = list(client.hub.pages(api.list_runs(limit=200)))
    succeeded = [r for r in runs if r["kind"] == "merge" and r["state"] == "succeeded"]
    assert len(succeeded) >= len(story.results)
    for run in succeeded:
        folder = f"artifacts/runs/{run['id']}"
        assert _contents(story.second / folder) == _contents(story.first / folder)
        assert (story.second / folder / "model.safetensors").exists()


def test_a_token_made_before_the_backup_is_still_good(again: RunningHub, story: Story) -> None:
    with HubClient(again.url, story.token) as client:
        assert client.submit(merge("by-token", 7)).state == "queued"


def test_the_audit_of_before_is_there_entry_by_entry(again: RunningHub, story: Story) -> None:
    with again.client() as client:
        entries = list(client.hub.pages(api.list_audit()))
    assert {"recipe.published", "token.created", "run.submitted"} <= {e["action"] for e in entries}
    assert entries[-len(story.audit) :] == story.audit


def test_secrets_lie_where_their_owner_alone_may_read_them(story: Story, place: Path) -> None:
    secrets = [place / "hub.tar", story.second / "tokens.json", story.second / "secrets-keys.json"]
    assert [path.stat().st_mode & 0o777 for path in secrets] == [0o600] * 3
    assert story.second.stat().st_mode & 0o777 == 0o700


@pytest.fixture(scope="module")
def working(again: RunningHub, story: Story, models: Path) -> Iterator[RunningHub]:
    """The restored hub with a worker, after the acknowledged runs have run there."""
    with _worker(again, models), again.client() as client:
        for run in list(client.hub.pages(api.list_runs(limit=200))):
            if str(run["id"]) in story.acknowledged:
                *_, last = client.follow(run["id"])
                assert last.state == "succeeded", last.error
            elif run["state"] not in FINAL:
                client.cancel(run["id"])
        yield again


@contextmanager
def _worker(hub: RunningHub, models: Path) -> Iterator[None]:
    """A worker at a hub that started none."""
    settings = {
        "HUB_URL": hub.url, "REDIS_URL": Valkey(hub.data / "vk").url,
        "WORKER_TOKEN": _token_of_workers(hub), "MODEL_ROOTS": json.dumps([str(models)]),
        "ARTIFACTS": str(hub.data / "artifacts"), "SCRATCH": str(hub.data / "scratch"),
    }  # fmt: skip
    env = os.environ | {f"MERGEHUB_{name}": value for name, value in settings.items()}
    worker = subprocess.Popen([sys.executable, "-m", "merge_worker"], env=env)
    try:
        yield
    finally:
        worker.terminate()
        assert worker.wait(SECONDS) == 0


def test_runs_that_waited_or_were_under_way_run_to_their_end(
    working: RunningHub, story: Story
) -> None:
    with working.client() as client:
        states = {client.run(run).state for run in story.acknowledged}
    assert states == {"succeeded"}


def test_events_go_on_without_a_gap_and_each_is_applied_once(working: RunningHub) -> None:
    with working.client() as client:
        last = finished(client, merge("last", 9))
        feed: list[Any] = []
        while page := client.send(api.list_events(after=len(feed), limit=200))["items"]:
            feed += page
        produced = [each["data"] for each in feed if each["type"] == "model.produced"]
        while not client.get("/v1/models", name="local/last")["items"]:
            threading.Event().wait(0.05)
        for model in produced:
            [known] = client.get("/v1/models", name=model["name"])["items"]
            assert len(client.ancestors(known["id"])["edges"]) == 2, model
    assert [each["sequence"] for each in feed] == list(range(1, len(feed) + 1))
    runs = [str(each["run"]) for each in produced]
    assert len(set(runs)) == len(runs)
    assert str(last.id) in runs


def test_webhooks_are_signed_with_the_secret_of_before(
    working: RunningHub, story: Story, receiver: Receiver
) -> None:
    with working.client() as client:
        run = finished(client, merge("told", 11))
    subject = None
    while subject != f"runs/{run.id}":
        headers, body = receiver.taken.get(timeout=SECONDS)
        payload = Webhook(story.webhook["secret"]).verify(body, headers)
        subject = payload["subject"]


def test_a_hub_that_stands_is_restored_to_the_very_rows(story: Story, place: Path) -> None:
    saved = save(story.first, place / "still.tar")
    assert saved.bytes == (place / "still.tar").stat().st_size
    restore(place / "still.tar", place / "third")
    before, after = (asyncio.run(_rows(data)) for data in (story.first, place / "third"))
    assert before.keys() == after.keys()
    for table, rows in before.items():
        assert after[table] == rows, table
    assert sum(map(len, before.values())) > 100


def test_links_and_pipes_of_the_models_folder_are_left_out_and_named(
    story: Story, place: Path
) -> None:
    folder = story.first / "models"
    (folder / "mine").mkdir()
    (folder / "mine" / "config.json").write_text("{}")
    (folder / "elsewhere").symlink_to("/etc")
    (folder / "mine" / "secret").symlink_to("/etc/shadow")
    os.mkfifo(folder / "mine" / "pipe")
    saved = save(story.first, place / "with.tar")
    assert saved.left_out == ("models/elsewhere", "models/mine/pipe", "models/mine/secret")
    with tarfile.open(place / "with.tar") as tar:
        kept = [name for name in tar.getnames() if name.startswith("models/")]
    assert kept == ["models/mine/config.json"]
    assert (
        mergehub("backup", place / "without.tar", "--data", story.first, "--no-models").exit_code
        == 0
    )
    with tarfile.open(place / "without.tar") as tar:
        assert not [name for name in tar.getnames() if name.startswith("models/")]
    folder.rename(place / "models-elsewhere")
    folder.symlink_to(place / "models-elsewhere")
    saved = save(story.first, place / "linked.tar")
    assert saved.left_out == ("models",)


def test_a_backup_never_overwrites_and_never_lies_in_the_hubs_own_folder(
    story: Story, place: Path
) -> None:
    refused = mergehub("backup", place / "hub.tar", "--data", story.first)
    assert (refused.exit_code, "already exists" in refused.stderr) == (1, True)
    refused = mergehub("backup", story.first / "x.tar", "--data", story.first)
    assert (refused.exit_code, "the hub's own folder" in refused.stderr) == (1, True)
    (place / "many").mkdir()
    saved = mergehub("backup", place / "many", "--data", story.first, "--json")
    assert [str(path) for path in (place / "many").iterdir()] == [json.loads(saved.stdout)["file"]]


def test_a_run_whose_model_is_lost_is_named(story: Story, place: Path) -> None:
    runs = story.first / "artifacts" / "runs"
    lost = min(path for path in runs.iterdir() if len(path.name) == len(str(UUID(int=0))))
    lost.rename(place / "lost")
    try:
        saved = mergehub("backup", place / "lacking.tar", "--data", story.first, "--json")
        assert (saved.exit_code, json.loads(saved.stdout)["missing"]) == (0, [lost.name])
        assert f"Run {lost.name} succeeded, but its model is missing." in saved.stderr
    finally:
        (place / "lost").rename(lost)


def test_a_backup_that_is_interrupted_leaves_nothing(story: Story, place: Path) -> None:
    def interrupt(progress: Any) -> None:
        raise KeyboardInterrupt

    before = set(place.iterdir())
    with pytest.raises(KeyboardInterrupt):
        save(story.first, place / "never.tar", interrupt)
    assert set(place.iterdir()) == before


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


async def _rows(data: Path) -> dict[str, list[str]]:
    """Every row of every table, and the value of each sequence."""
    server = Postgres(data / "pg")
    server.start()
    try:
        connection = await asyncpg.connect(server.url)
        try:
            tables = await connection.fetch(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY($1)", SCHEMAS
            )
            found = {}
            for schema, table in tables:
                query = f'SELECT t::text FROM "{schema}"."{table}" AS t ORDER BY 1'
                found[f"{schema}.{table}"] = [row[0] for row in await connection.fetch(query)]
            found["sequences"] = [
                str(tuple(row))
                for row in await connection.fetch(
                    "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"
                )
            ]
            return found
        finally:
            await connection.close()
    finally:
        server.stop()
