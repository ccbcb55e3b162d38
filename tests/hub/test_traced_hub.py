"""A hub on stores that two URLs name, with a receiver of traces: one story, and one trace of it.

The trace leads from the request through queue, run, report and events to the webhook.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from receiver import receiving
from running import RunningHub, started_hub
from story import check_ancestry, digest_in, publish_and_merge
from tapped import ENDPOINT, tapped

pytestmark = pytest.mark.timeout(300)

TRACE, CLIENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: right}]\ndtype: float32\n"
SECONDS = 60


@dataclass(frozen=True)
class Traced:
    """A running hub, and the spans that its programs have sent."""

    hub: RunningHub
    spans: list[Span]

    def of_trace(self) -> dict[str, Span]:
        return {each.name: each for each in self.spans if each.trace_id.hex() == TRACE}

    def log_of(self, run: str) -> list[dict[str, Any]]:
        """The lines about a run in the worker's log."""
        text = (self.hub.data / "logs/worker-1.log").read_text()
        lines = map(json.loads, text[: text.rfind("\n") + 1].splitlines())
        return [line for line in lines if line.get("run") == run]


@pytest.fixture(scope="module")
async def traced(
    store_folder: Path,
    models: Path,
    database_of: Callable[[str], Awaitable[str]],
    redis_url: str,
) -> AsyncIterator[Traced]:
    async with tapped() as (endpoint, spans):
        env = {
            ENDPOINT: endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "MERGEHUB_WEBHOOK_ALLOW": '["127.0.0.0/8"]',
            "MERGEHUB_DATABASE_URL": await database_of("named"),
            "MERGEHUB_REDIS_URL": redis_url,
        }
        hub = started_hub(store_folder / "named", models, **env)
        running = await asyncio.to_thread(hub.__enter__)
        try:
            yield Traced(running, spans)
        finally:
            await asyncio.to_thread(hub.__exit__, None, None, None)


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.02)


def submit(hub: RunningHub, hook: str) -> str:
    """Listen for models, and submit a merge as part of a trace; returns the run's id."""
    headers = {"Authorization": f"Bearer {hub.token}"}
    with httpx.Client(base_url=hub.url, headers=headers, trust_env=False) as client:
        told = client.post("/v1/webhooks", json={"url": hook, "types": ["model.produced"]})
        assert told.status_code == 201, told.text
        body = {"kind": "merge", "recipe": RECIPE, "model_name": "local/traced"}
        trace = {"traceparent": f"00-{TRACE}-{CLIENT}-01"}
        answer = client.post("/v1/runs", json=body, headers=trace)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])


async def test_one_trace_leads_from_the_request_to_the_webhook(traced: Traced) -> None:
    async with receiving() as receiver:
        run = await asyncio.to_thread(submit, traced.hub, receiver.url)
        await until(lambda: receiver.received)
        expected = {
            "POST /v1/runs", "publish run.queued", "claim", "run merge", "merge",
            "POST /v1/runs/{run_id}/report", "publish model.produced", "apply model.produced",
            "webhook",
        }  # fmt: skip
        await until(lambda: expected <= traced.of_trace().keys())
    found = traced.of_trace()
    parents = {name: span.parent_span_id for name, span in found.items()}
    request, work = found["POST /v1/runs"], found["run merge"]
    report = found["POST /v1/runs/{run_id}/report"]
    assert request.parent_span_id.hex() == CLIENT
    assert {parents["claim"], parents["run merge"]} == {request.span_id}
    assert {parents["merge"], report.parent_span_id} == {work.span_id}
    assert {parents["apply model.produced"], parents["webhook"]} == {report.span_id}
    sent = receiver.received[0].headers["traceparent"]
    assert sent == f"00-{TRACE}-{found['webhook'].span_id.hex()}-01"

    def reported() -> list[dict[str, Any]]:
        return [line for line in traced.log_of(run) if line["event"] == "run.reported"]

    await until(reported)
    assert {line.get("trace_id") for line in reported()} == {TRACE}


async def test_the_story_of_a_merge_is_the_same_on_stores_that_two_urls_name(
    traced: Traced,
) -> None:
    hub = traced.hub
    assert not (hub.data / "pg" / "data").exists()

    def story() -> None:
        with hub.client() as client:
            publish_and_merge(client, lambda run: digest_in(hub, run))
            check_ancestry(client)

    await asyncio.to_thread(story)  # meanwhile the receiver takes what the hub sends
