"""The run protocol as workers see it: claims, leases, fences and reports."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from callers import MERGED
from sqlalchemy import text

from mergehub.contracts.kinds import KINDS
from mergehub.contracts.kinds.kind import MOST_WARNINGS
from mergehub.contracts.runs import HEARTBEAT_SECONDS, LEASE_SECONDS, MAX_ATTEMPTS
from registry.runs.protocol.sweeper import Sweeper

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

PROGRESS = {"stage": "merging", "done": 3, "total": 10, "unit": "tensors"}
CRASHED = {"code": "crashed", "message": "out of memory", "last_lines": ["bye"], "retryable": True}


@pytest.fixture
def row(transaction: Any) -> Call:
    """The whole row of a run, as it is in the database."""

    async def row(run: Json) -> Json:
        async with transaction() as session:
            found = await session.execute(
                text("SELECT * FROM runs WHERE id = :id"), {"id": run["id"]}
            )
            return dict(found.mappings().one())

    return row


async def test_claim_gives_spec_lease_and_fence(
    submit: Call, claim: Call, row: Call, events: Call
) -> None:
    run = await submit()
    claimed = await claim(run, "worker-1")

    assert claimed == {
        "run_id": run["id"],
        "fence": 1,
        "attempt": 1,
        "lease_seconds": LEASE_SECONDS,
        "heartbeat_seconds": HEARTBEAT_SECONDS,
        "timeout_seconds": KINDS["merge"].timeout_seconds,
        "spec": run["spec"],
        "products": {},
        "traceparent": None,
    }
    stored = await row(run)
    assert (stored["state"], stored["worker"]) == ("running", "worker-1")
    lease = (stored["lease_expires_at"] - datetime.now(UTC)).total_seconds()
    assert LEASE_SECONDS - 5 < lease <= LEASE_SECONDS
    assert [each["attempt"] for each in await events("run.started")] == [1]


async def test_of_many_claims_at_once_one_wins(worker: httpx.AsyncClient, submit: Call) -> None:
    run = await submit()
    claims = (
        worker.post(f"/v1/runs/{run['id']}/claim", json={"worker": f"w{number}"})
        for number in range(20)
    )
    answers = await asyncio.gather(*claims)
    assert sorted(each.status_code for each in answers) == [200] + [409] * 19
    assert {each.json().get("code") for each in answers} == {None, "run-leased"}


async def test_claim_sent_again_with_its_nonce_is_the_same_claim(
    worker: httpx.AsyncClient, submit: Call, row: Call, lapse: Call, events: Call
) -> None:
    run = await submit()
    address = f"/v1/runs/{run['id']}/claim"
    wish = {"worker": "worker-1", "nonce": str(uuid4())}

    answers = await asyncio.gather(*(worker.post(address, json=wish) for _ in range(5)))

    assert {each.status_code for each in answers} == {200}
    assert all(each.json() == answers[0].json() for each in answers)
    assert ((await row(run))["fence"], (await row(run))["attempt"]) == (1, 1)
    assert len(await events("run.started")) == 1
    await lapse(run)
    await worker.post(address, json=wish)
    assert (await row(run))["lease_expires_at"] > datetime.now(UTC)
    for other in ({"nonce": str(uuid4())}, {"nonce": None}, {"worker": "worker-2"}):
        answer = await worker.post(address, json=wish | other)
        assert (answer.status_code, answer.json()["code"]) == (409, "run-leased")


async def test_nonce_of_a_run_that_was_handed_back_claims_it_anew(
    worker: httpx.AsyncClient, submit: Call
) -> None:
    run = await submit()
    wish = {"worker": "worker-1", "nonce": str(uuid4())}
    await worker.post(f"/v1/runs/{run['id']}/claim", json=wish)
    await worker.post(f"/v1/runs/{run['id']}/release", json={"fence": 1, "reason": "drain"})
    assert (await worker.post(f"/v1/runs/{run['id']}/claim", json=wish)).json()["fence"] == 2


async def test_heartbeat_renews_the_lease_and_stores_progress(
    worker: httpx.AsyncClient, owner: httpx.AsyncClient, submit: Call, claim: Call, row: Call,
    lapse: Call,
) -> None:  # fmt: skip
    run = await submit()
    claimed = await claim(run)
    await lapse(run)
    body = {"fence": claimed["fence"], "progress": PROGRESS}

    answer = await worker.post(f"/v1/runs/{run['id']}/heartbeat", json=body)

    assert answer.json() == {"order": "go_on"}
    assert (await row(run))["lease_expires_at"] > datetime.now(UTC)
    shown = (await owner.get(f"/v1/runs/{run['id']}")).json()
    assert shown["progress"] == PROGRESS | {"bytes_done": 0, "bytes_total": 0, "seconds": 0}
    assert shown["revision"] == 3


async def test_warnings_of_all_attempts_are_kept_also_if_the_attempt_is_lost(
    worker: httpx.AsyncClient, owner: httpx.AsyncClient, submit: Call, claim: Call, report: Call,
    lapse: Call, sweeper: Sweeper,
) -> None:  # fmt: skip
    run = await submit()

    async def beat(fence: int, *warnings: str) -> Json:
        body = {"fence": fence, "warnings": warnings}
        answer = await worker.post(f"/v1/runs/{run['id']}/heartbeat", json=body)
        assert answer.status_code == 200, answer.text
        return (await owner.get(f"/v1/runs/{run['id']}")).json()

    first = await claim(run)
    begun = await beat(first["fence"])
    warned = await beat(first["fence"], "No GPU.")
    assert (begun["warnings"], warned["warnings"]) == ([], ["No GPU."])
    assert warned["revision"] == begun["revision"] + 1
    assert await beat(first["fence"], "No GPU.") == warned
    await lapse(run)
    await sweeper.take_back_lapsed()
    second = await claim(run)
    assert (await beat(second["fence"], "No GPU.", "Slow."))["warnings"] == ["No GPU.", "Slow."]
    await report(second, "failed", error=CRASHED, warnings=["Slow.", "Late."])
    third = await claim(run)
    ended = await report(third, result=MERGED | {"warnings": ["Small blocks."]})
    assert ended.json()["warnings"] == ["No GPU.", "Slow.", "Late.", "Small blocks."]
    assert ended.json()["result"]["warnings"] == ["Small blocks."]


async def test_of_too_many_warnings_the_first_are_kept(
    worker: httpx.AsyncClient, submit: Call, claim: Call, row: Call
) -> None:
    run = await submit()
    fence = (await claim(run))["fence"]
    said = [str(number) for number in range(MOST_WARNINGS)]
    for warnings in (said, ["more"]):
        body = {"fence": fence, "warnings": warnings}
        await worker.post(f"/v1/runs/{run['id']}/heartbeat", json=body)
    assert (await row(run))["warnings"] == said
    body = {"fence": fence, "warnings": [*said, "more"]}
    answer = await worker.post(f"/v1/runs/{run['id']}/heartbeat", json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("heartbeat", {"progress": PROGRESS}),
        ("release", {"reason": "drain"}),
        ("report", {"outcome": "failed", "error": CRASHED}),
        ("report", {"outcome": "cancelled"}),
    ],
)
@pytest.mark.parametrize("fence", [0, 2, 2**63])
async def test_foreign_fence_changes_nothing(
    worker: httpx.AsyncClient, submit: Call, claim: Call, row: Call, events: Call, verb: str,
    body: Json, fence: int,
) -> None:  # fmt: skip
    run = await submit()
    await claim(run)
    before, told = await row(run), await events()

    answer = await worker.post(f"/v1/runs/{run['id']}/{verb}", json=body | {"fence": fence})

    assert (answer.status_code, answer.json()["code"]) == (409, "stale-fence")
    assert (await row(run), await events()) == (before, told)


async def test_merge_report_stores_the_result_and_tells_of_the_model(
    submit: Call, claim: Call, report: Call, events: Call, merged: Json
) -> None:
    run = await submit(model_name="local/child")
    answer = (await report(await claim(run))).json()

    assert answer["state"] == "succeeded"
    assert answer["result"]["output_digest"] == merged["output_digest"]
    assert answer["finished_at"] is not None
    assert [each["type"] for each in await events()] == [
        "run.queued", "run.started", "run.succeeded", "model.produced"
    ]  # fmt: skip
    (produced,) = await events("model.produced")
    assert (produced["name"], produced["digest"]) == ("local/child", "sha256:out")
    assert produced["recipe_digest"] == run["spec"]["recipe_digest"]
    assert [each["name"] for each in produced["parents"]] == ["org/first", "org/second"]
    assert produced["parameters"] is None  # the report lists no tensors


async def test_the_event_says_how_many_weights_the_model_has(
    submit: Call, claim: Call, report: Call, events: Call, merged: Json
) -> None:
    shapes = {"embedding": [4, 8], "norm": [8], "scale": []}
    manifest = {
        name: {"dtype": "F32", "shape": shape, "sha256": "0" * 64} for name, shape in shapes.items()
    }
    await report(await claim(await submit()), result=merged | {"manifest": manifest})
    (produced,) = await events("model.produced")
    assert produced["parameters"] == 4 * 8 + 8 + 1


async def test_parent_that_a_run_produced_is_told_by_its_name(
    submit: Call, claim: Call, report: Call, events: Call, merged: Json
) -> None:
    first = await submit(model_name="local/first")
    await report(await claim(first))
    base = {"name": f"run:{first['id']}", "relation": "finetune", "role": "base"}
    parents = [{"name": f"run:{first['id']}+adapters/dates", "relation": "adapter", "base": base}]

    second = await submit(
        recipe=f"merge_method: linear\nmodels: [{{model: 'run:{first['id']}+adapters/dates'}}]\n"
    )
    await report(await claim(second), result=merged | {"parents": parents})

    (parent,) = (await events("model.produced"))[1]["parents"]
    assert parent["name"] == "local/first+adapters/dates"
    assert parent["base"]["name"] == "local/first"


async def test_evaluation_report_stores_items_and_tells_each_benchmark(
    owner: httpx.AsyncClient, claim: Call, report: Call, events: Call
) -> None:
    wanted = {"kind": "evaluate", "model": "org/m", "benchmarks": ["arc", "dates"]}
    run = (await owner.post("/v1/runs", json=wanted)).json()
    scores = {"version": "1", "metric": "acc", "value": 0.5, "stderr": 0.1, "count": 2, "shots": 0}
    result = {
        "kind": "evaluate", "model": "org/m", "model_digest": "sha256:m", "harness": "h 1",
        "seconds": 2.0,
        "results": [
            {"benchmark": "arc", "items": {"a": 1.0, "b": 0.0}, **scores},
            {"benchmark": "dates", "items": {"c": 1.0, "d": 0.0}, **scores},
        ],
    }  # fmt: skip

    answer = (await report(await claim(run), result=result)).json()

    assert [each["benchmark"] for each in answer["result"]["results"]] == ["arc", "dates"]
    assert all("items" not in each for each in answer["result"]["results"])
    items = await owner.get(f"/v1/runs/{run['id']}/items", params={"benchmark": "dates"})
    assert items.json() == {"benchmark": "dates", "items": {"c": 1.0, "d": 0.0}}
    of = [f"{run['id']}:{name}" for name in ("dates", "other", "arc")]
    several = (await owner.get("/v1/runs/items", params={"of": of})).json()["items"]
    assert sorted(several, key=lambda each: each["benchmark"]) == [
        {"run": run["id"], "benchmark": "arc", "items": {"a": 1.0, "b": 0.0}},
        {"run": run["id"], "benchmark": "dates", "items": {"c": 1.0, "d": 0.0}},
    ]
    missing = await owner.get(f"/v1/runs/{run['id']}/items", params={"benchmark": "other"})
    assert missing.status_code == 404
    told = await events("evaluation.completed")
    assert [(each["benchmark"], each["model"]) for each in told] == [
        ("arc", "org/m"), ("dates", "org/m")
    ]  # fmt: skip
    assert told[0] == {
        "run": run["id"], "model": "org/m", "model_digest": "sha256:m", "benchmark": "arc",
        "harness": "h 1", **scores, "harness_version": None, "task_hash": None, "precision": None,
        "chat_template": None, "seed": None, "batch_size": None, "limited": False, "cached": False,
    }  # fmt: skip


async def test_same_report_twice_is_one_report(
    submit: Call, claim: Call, report: Call, events: Call
) -> None:
    claimed = await claim(await submit())
    answers = await asyncio.gather(*(report(claimed) for _ in range(8)))
    assert {each.status_code for each in answers} == {200}
    assert all(each.json() == answers[0].json() for each in answers)
    assert len(await events("model.produced")) == 1
    assert len(await events("run.succeeded")) == 1


async def test_same_failure_twice_spends_one_attempt(
    submit: Call, claim: Call, report: Call, events: Call
) -> None:
    claimed = await claim(await submit())
    first = await report(claimed, "failed", error=CRASHED)
    second = await report(claimed, "failed", error=CRASHED)
    assert first.json() == second.json()
    assert first.json()["state"] == "queued"
    assert len(await events("run.queued")) == 2


async def test_other_report_after_the_end_is_stale(submit: Call, claim: Call, report: Call) -> None:
    claimed = await claim(await submit())
    await report(claimed)
    answer = await report(claimed, "failed", error=CRASHED)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale-fence")


async def test_retryable_failure_is_tried_again_until_attempts_are_spent(
    submit: Call, claim: Call, report: Call, events: Call
) -> None:
    run = await submit()
    states = []
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claimed = await claim(run)
        assert (claimed["attempt"], claimed["fence"]) == (attempt, attempt)
        answer = (await report(claimed, "failed", error=CRASHED)).json()
        states.append(answer["state"])

    assert states == ["queued"] * (MAX_ATTEMPTS - 1) + ["failed"]
    assert answer["error"] == CRASHED
    assert [each["error_code"] for each in await events("run.failed")] == ["crashed"]


async def test_each_failure_is_followed_by_a_longer_pause(
    submit: Call, claim: Call, report: Call, row: Call
) -> None:
    run = await submit()
    pauses = []
    for _ in range(MAX_ATTEMPTS - 1):
        await report(await claim(run), "failed", error=CRASHED)
        due = (await row(run))["due_at"]
        pauses.append((due - datetime.now(UTC)).total_seconds())
    for pause, expected in zip(pauses, [1, 4, 16, 64], strict=True):
        assert expected - 1 < pause <= expected


async def test_drained_run_is_due_at_once(
    worker: httpx.AsyncClient, submit: Call, claim: Call, row: Call
) -> None:
    run = await submit()
    await claim(run)
    await worker.post(f"/v1/runs/{run['id']}/release", json={"fence": 1, "reason": "drain"})
    assert (await row(run))["due_at"] <= datetime.now(UTC)


async def test_final_failure_is_not_tried_again(submit: Call, claim: Call, report: Call) -> None:
    error = CRASHED | {"retryable": False, "last_lines": ["the last words"]}
    answer = await report(await claim(await submit()), "failed", error=error)
    assert (answer.json()["state"], answer.json()["attempt"]) == ("failed", 1)


async def test_failure_of_a_cancelled_run_is_a_cancellation(
    owner: httpx.AsyncClient, submit: Call, claim: Call, report: Call
) -> None:
    run = await submit()
    claimed = await claim(run)
    await owner.post(f"/v1/runs/{run['id']}/cancel")
    assert (await report(claimed, "failed", error=CRASHED)).json()["state"] == "cancelled"


async def test_release_hands_back_without_spending_the_attempt(
    worker: httpx.AsyncClient, submit: Call, claim: Call, report: Call
) -> None:
    run = await submit()
    for fence in range(1, MAX_ATTEMPTS + 3):
        claimed = await claim(run)
        assert (claimed["fence"], claimed["attempt"]) == (fence, 1)
        body = {"fence": fence, "reason": "drain"}
        answer = await worker.post(f"/v1/runs/{run['id']}/release", json=body)
        assert (answer.json()["state"], answer.json()["attempt"]) == ("queued", 0)

    late = await report(claimed)
    assert (late.status_code, late.json()["code"]) == (409, "stale-fence")


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "succeeded"},
        {"outcome": "failed"},
        {"outcome": "succeeded", "result": {"kind": "evaluate", "model": "m", "model_digest": "d",
                                            "harness": "h", "seconds": 1, "results": []}},
    ],
)  # fmt: skip
async def test_report_that_does_not_fit_is_refused(
    worker: httpx.AsyncClient, submit: Call, claim: Call, row: Call, body: Json
) -> None:
    run = await submit()
    claimed = await claim(run)
    before = await row(run)
    address = f"/v1/runs/{run['id']}/report"
    answer = await worker.post(address, json=body | {"fence": claimed["fence"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "report-invalid")
    assert await row(run) == before
