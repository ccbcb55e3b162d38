"""Retrying failed and cancelled runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from mergehub.contracts.runs import MAX_ATTEMPTS

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

LACKING = {"code": "merge-failed", "message": "No.", "last_lines": [], "retryable": False}
KILLED = {"code": "child-killed", "message": "Gone.", "last_lines": [], "retryable": True}


@pytest.fixture
def retry(owner: httpx.AsyncClient) -> Call:
    async def retry(run: Json) -> httpx.Response:
        return await owner.post(f"/v1/runs/{run['id']}/retry")

    return retry


async def test_failed_run_gets_as_many_attempts_as_a_new_one(
    submit: Call, claim: Call, report: Call, retry: Call, events: Call
) -> None:
    run = await submit()
    await report(await claim(run), "failed", error=LACKING)

    again = (await retry(run)).json()

    assert (again["state"], again["attempt"], again["finished_at"]) == ("queued", 1, None)
    states = []
    for fence in range(2, MAX_ATTEMPTS + 2):
        claimed = await claim(run)
        assert claimed["fence"] == fence
        states.append((await report(claimed, "failed", error=KILLED)).json()["state"])
    assert states == ["queued"] * (MAX_ATTEMPTS - 1) + ["failed"]
    assert len(await events("run.failed")) == 2


async def test_cancelled_run_runs_to_its_end_after_a_retry(
    owner: httpx.AsyncClient, submit: Call, claim: Call, report: Call, retry: Call
) -> None:
    run = await submit()
    claimed = await claim(run)
    await owner.post(f"/v1/runs/{run['id']}/cancel")
    await report(claimed, "cancelled")
    await retry(run)
    assert (await report(claimed)).status_code == 409
    assert (await report(await claim(run))).json()["state"] == "succeeded"


async def test_retry_of_a_run_that_goes_on_already_changes_nothing(
    submit: Call, claim: Call, report: Call, retry: Call, events: Call
) -> None:
    run = await submit()
    assert (await retry(run)).json() == run
    await report(await claim(run), "failed", error=LACKING)
    answers = [(await retry(run)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    await claim(run)
    assert (await retry(run)).json()["state"] == "running"
    assert len(await events("run.queued")) == 2


async def test_success_is_not_tried_again(
    submit: Call, claim: Call, report: Call, retry: Call
) -> None:
    run = await submit()
    await report(await claim(run))
    answer = await retry(run)
    assert (answer.status_code, answer.json()["code"]) == (409, "run-finished")


async def test_retry_needs_the_right_to_submit(
    worker: httpx.AsyncClient, stranger: httpx.AsyncClient, submit: Call
) -> None:
    path = f"/v1/runs/{(await submit())['id']}/retry"
    assert (await worker.post(path)).status_code == 403
    assert (await stranger.post(path)).status_code == 401
