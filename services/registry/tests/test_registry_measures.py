"""The metrics of runs: what committed is counted once, and labels are from closed sets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from callers import MERGED
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from registry.runs.protocol.sweeper import Sweeper

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Values = Callable[[], Awaitable[dict[tuple[str, frozenset[tuple[str, str]]], float]]]


class Seen:
    """What two readings of `/metrics` show."""

    def __init__(self, owner: httpx.AsyncClient) -> None:
        self._owner = owner
        self._before: dict[Any, float] = {}

    async def begin(self) -> None:
        self._before = await self._read()

    async def since(self, name: str, **labels: str) -> float:
        """How much a series grew since `begin`."""
        key = name, frozenset(labels.items())
        return (await self._read()).get(key, 0) - self._before.get(key, 0)

    async def now(self, name: str, **labels: str) -> float:
        return (await self._read())[name, frozenset(labels.items())]

    async def _read(self) -> dict[Any, float]:
        families = text_string_to_metric_families((await self._owner.get("/metrics")).text)
        samples = (sample for family in families for sample in family.samples)
        return {(each.name, frozenset(each.labels.items())): each.value for each in samples}


@pytest.fixture
async def seen(owner: httpx.AsyncClient) -> Seen:
    seen = Seen(owner)
    await seen.begin()
    return seen


async def test_a_merge_is_counted_by_its_method_and_size(
    submit: Call, claim: Call, report: Call, seen: Seen
) -> None:
    claimed = await claim(await submit())
    made = MERGED | {"bytes": 6 * 10**9, "seconds": 3.0}
    for _ in range(2):  # the same report twice is one report
        assert (await report(claimed, result=made)).status_code == 200
    assert await seen.since("mergehub_run_queue_seconds_count", kind="merge", hardware="cpu") == 1
    labels = {"kind": "merge", "method": "linear", "size": "5 to 20 GB"}
    assert await seen.since("mergehub_run_seconds_count", **labels) == 1
    assert await seen.since("mergehub_attempts_ended_total", kind="merge", outcome="succeeded") == 1
    assert await seen.since("mergehub_merged_bytes_total") == 6 * 10**9
    assert await seen.since("mergehub_merge_bytes_per_second_sum", method="linear") == 2 * 10**9


async def test_a_method_that_no_table_knows_makes_no_series_of_its_own(
    submit: Call, claim: Call, report: Call, seen: Seen
) -> None:
    claimed = await claim(await submit())
    assert (await report(claimed, result=MERGED | {"method": "mine"})).status_code == 200
    labels = {"kind": "merge", "method": "other", "size": "under 1 GB"}
    assert await seen.since("mergehub_run_seconds_count", **labels) == 1


async def test_failures_are_counted_by_known_codes(
    submit: Call, claim: Call, report: Call, seen: Seen
) -> None:
    for code in ("disk-full", "surprise"):
        claimed = await claim(await submit())
        error = {"code": code, "message": "It failed.", "retryable": False}
        assert (await report(claimed, "failed", error=error)).status_code == 200
    assert await seen.since("mergehub_runs_failed_total", code="disk-full") == 1
    assert await seen.since("mergehub_runs_failed_total", code="other") == 1
    assert await seen.since("mergehub_attempts_ended_total", kind="merge", outcome="failed") == 2


async def test_an_evaluation_is_counted_by_its_items(
    owner: httpx.AsyncClient, worker: httpx.AsyncClient, claim: Call, report: Call, seen: Seen
) -> None:
    body = {"kind": "evaluate", "model": "org/model", "benchmarks": ["dates"]}
    claimed = await claim((await owner.post("/v1/runs", json=body)).json())
    score = {
        "benchmark": "dates", "version": "1", "metric": "acc", "value": 0.5, "stderr": 0.1,
        "count": 60, "shots": 0,
    }  # fmt: skip
    result = {
        "kind": "evaluate", "model": "org/model", "model_digest": "sha256:model",
        "harness": "lm-eval", "seconds": 2.0, "results": [score],
    }  # fmt: skip
    assert (await report(claimed, result=result)).status_code == 200
    assert await seen.since("mergehub_evaluated_items_total") == 60
    assert await seen.since("mergehub_evaluation_items_per_second_sum") == 30


async def test_leases_and_fences_are_counted(
    submit: Call, claim: Call, report: Call, worker: httpx.AsyncClient, seen: Seen,
    sweeper: Sweeper, lapse: Call,
) -> None:  # fmt: skip
    run = await submit()
    claimed = await claim(run)
    address = f"/v1/runs/{run['id']}/heartbeat"
    assert (await worker.post(address, json={"fence": claimed["fence"]})).status_code == 200
    await lapse(run)
    await sweeper.sweep()
    assert (await worker.post(address, json={"fence": claimed["fence"]})).status_code == 409
    assert (await report(claimed)).status_code == 409
    assert await seen.since("mergehub_lease_renewals_total") == 1
    assert await seen.since("mergehub_leases_lapsed_total") == 1
    assert await seen.since("mergehub_fences_refused_total") == 2
    assert await seen.since("mergehub_attempts_ended_total", kind="merge", outcome="returned") == 1
    await claim(run, "worker-2")  # not a first claim
    assert await seen.since("mergehub_run_queue_seconds_count", kind="merge", hardware="cpu") == 1


async def test_what_a_request_did_not_commit_is_not_counted(
    submit: Call, claim: Call, report: Call, seen: Seen
) -> None:
    claimed = await claim(await submit())
    error = await report(claimed, result=MERGED | {"kind": "evaluate"})
    assert error.status_code == 422
    assert await seen.since("mergehub_attempts_ended_total", kind="merge", outcome="succeeded") == 0


async def test_queues_and_workers_are_read_from_the_tables(
    submit: Call, claim: Call, worker: httpx.AsyncClient, seen: Seen, transaction: Any
) -> None:
    beat = {"hardware": "gpu", "capacity": {}, "version": "0.1.0"}
    for name in ("busy", "idle", "silent"):
        await worker.put(f"/v1/workers/{name}", json=beat)
    await claim(await submit(hardware="gpu"), "busy")
    await submit(hardware="gpu")
    async with transaction() as session:
        for change in (
            "UPDATE runs SET created_at = created_at - interval '90 s'",
            "UPDATE workers SET seen_at = seen_at - interval '60 s' WHERE name = 'silent'",
        ):
            await session.execute(text(change))
    for state in ("busy", "idle", "silent"):
        assert await seen.now("mergehub_workers", hardware="gpu", state=state) == 1
    assert await seen.now("mergehub_workers", hardware="cpu", state="idle") == 0
    assert await seen.now("mergehub_queue_runs", hardware="gpu", state="due") == 1
    assert await seen.now("mergehub_queue_runs", hardware="gpu", state="running") == 1
    assert 90 <= await seen.now("mergehub_queue_oldest_seconds", hardware="gpu") < 200
    assert await seen.now("mergehub_queue_oldest_seconds", hardware="cpu") == 0
