"""The run client: what it retries, and what it accepts as an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mergehub.contracts.kinds.merge import MergeSpec
from mergehub.contracts.runs import ReportRequest, RunError, RunState
from mergehub.contracts.worker_client import LeaseLost, Refused, RunClient, Unreachable

SPEC = MergeSpec(
    kind="merge", recipe="", recipe_version=None, recipe_digest="", model_name="m", seed=0
)
FAILED = RunError(code="merge-failed", message="No.")


def problem(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status, media_type="application/problem+json")


@pytest.fixture
async def client(hub: Any) -> AsyncIterator[RunClient]:
    connected = RunClient.connect(hub.url, "mgh_worker")
    yield connected
    await connected.aclose()


async def test_a_report_is_sent_again_until_it_is_answered(hub: Any, client: RunClient) -> None:
    run = hub.add(SPEC)
    claim = await client.claim(run.id, "worker-1")
    hub.refuse_with = [
        problem(500, "The database is away."),
        problem(429, "Too many."),
        PlainTextResponse("404 page not found", 404),  # a gateway without its service
    ]
    report = ReportRequest(fence=claim.fence, outcome="failed", error=FAILED)
    answered = await client.report(run.id, report)
    assert answered.state is RunState.FAILED
    assert run.reports == [report]


async def test_the_same_report_twice_is_one_report(hub: Any, client: RunClient) -> None:
    run = hub.add(SPEC)
    claim = await client.claim(run.id, "worker-1")
    report = ReportRequest(fence=claim.fence, outcome="cancelled")
    await client.report(run.id, report)
    await client.report(run.id, report)
    assert len(run.reports) == 1


async def test_a_stale_fence_is_a_lost_lease(hub: Any, client: RunClient) -> None:
    run = hub.add(SPEC)
    claim = await client.claim(run.id, "worker-1")
    run.lose_lease()
    with pytest.raises(LeaseLost, match="stale"):
        await client.heartbeat(run.id, claim.fence, None)
    with pytest.raises(LeaseLost):
        await client.report(run.id, ReportRequest(fence=claim.fence, outcome="cancelled"))


async def test_a_bad_token_is_refused_with_the_hubs_own_sentence(
    hub: Any, client: RunClient
) -> None:
    hub.refuse_with = [problem(401, "The token is not known, or no longer valid.")]
    with pytest.raises(Refused, match="no longer valid"):
        await client.claim(uuid4(), "worker-1")


async def test_a_heartbeat_is_tried_once(hub: Any, client: RunClient) -> None:
    run = hub.add(SPEC)
    claim = await client.claim(run.id, "worker-1")
    hub.refuse_with = [problem(503, "Not ready.")]
    with pytest.raises(Unreachable):
        await client.heartbeat(run.id, claim.fence, None)
    assert (await client.heartbeat(run.id, claim.fence, None)).order == "go_on"


async def test_where_nobody_listens_the_hub_is_unreachable() -> None:
    client = RunClient.connect("http://127.0.0.1:9", "mgh_worker")
    with pytest.raises(Unreachable, match="No answer"):
        await client.heartbeat(uuid4(), 1, None)
    await client.aclose()


async def test_a_claim_whose_answer_is_lost_costs_no_attempt(hub: Any, client: RunClient) -> None:
    run = hub.add(SPEC)
    hub.answers_to_lose = 2
    claim = await client.claim(run.id, "worker-1")
    assert (claim.fence, claim.attempt) == (1, 1)


async def test_a_run_is_told_and_none_of_a_stranger(hub: Any, client: RunClient) -> None:
    found = await client.run(hub.add(SPEC).id)
    assert found is not None
    assert found.state is RunState.QUEUED
    assert await client.run(uuid4()) is None
    hub.refuse_with = [PlainTextResponse("404 page not found", 404)]
    with pytest.raises(Unreachable):
        await client.run(hub.add(SPEC).id)
