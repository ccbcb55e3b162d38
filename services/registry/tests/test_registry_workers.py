"""Workers and queues: which workers are alive, which runs fit them, and how much waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from mergehub.attestation.keys import new_key, signing_key
from mergehub.kit.database.housekeeping import Housekeeping

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

BEAT = {
    "hardware": "gpu",
    "capacity": {
        "memory": 64_000,
        "disk": 1_000_000,
        "gpu_memory": 85_000_000_000,
        "gpu": {"uuid": "GPU-1", "name": "NVIDIA H", "memory": 85_899_345_920, "driver": "570.1"},
    },
    "version": "0.1.0",
}
LACKING = {"code": "merge-failed", "message": "No.", "last_lines": [], "retryable": True}


@pytest.fixture
def workers(stranger: httpx.AsyncClient) -> Call:
    async def workers(**query: Any) -> list[Json]:
        return (await stranger.get("/v1/workers", params=query)).json()["items"]

    return workers


async def test_a_hub_publishes_the_keys_of_its_setting_each_once(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    assert (await stranger.get("/v1/workers/keys")).json() == {"keys": []}
    first, second = (signing_key(new_key()).public for _ in range(2))
    resources = app.state.resources
    more = {"signing_public_keys": f"{first.pem}{second.pem}{first.pem}"}
    settings = resources.settings.model_copy(update=more)
    app.state.resources = replace(resources, settings=settings)
    try:
        published = (await stranger.get("/v1/workers/keys")).json()
    finally:
        app.state.resources = resources
    assert published == {
        "keys": [
            {"id": each.id, "algorithm": "ed25519", "pem": each.pem} for each in (first, second)
        ]
    }


async def test_worker_is_shown_with_what_it_holds_and_since_when(
    worker: httpx.AsyncClient, submit: Call, workers: Call
) -> None:
    for name in ("host:17", "b"):
        assert (await worker.put(f"/v1/workers/{name}", json=BEAT)).status_code == 204
    run = await submit(hardware="gpu")
    address = f"/v1/runs/{run['id']}"
    await worker.post(f"{address}/claim", json={"worker": "host:17", "hardware": "gpu"})
    progress = {"stage": "fill", "done": 1, "total": 2, "unit": "tensors"}
    await worker.post(f"{address}/heartbeat", json={"fence": 1, "progress": progress})

    idle, busy = await workers()

    assert (idle["name"], idle["alive"], idle["run"]) == ("b", True, None)
    assert {name: busy[name] for name in BEAT} == BEAT
    assert busy["run"]["id"] == run["id"]
    assert (busy["run"]["kind"], busy["run"]["attempt"]) == ("merge", 1)
    assert busy["run"]["progress"]["done"] == 1
    assert busy["since"] <= busy["run"]["since"]


async def test_silent_worker_is_not_alive_and_begins_anew(
    worker: httpx.AsyncClient, workers: Call, transaction: Any
) -> None:
    await worker.put("/v1/workers/a", json=BEAT)
    (before,) = await workers()
    await worker.put("/v1/workers/a", json=BEAT)
    (again,) = await workers()
    assert again["since"] == before["since"]
    async with transaction() as session:
        await session.execute(text("UPDATE workers SET seen_at = now() - interval '31 s'"))
    assert [each["alive"] for each in await workers()] == [False]
    await worker.put("/v1/workers/a", json=BEAT)
    (back,) = await workers()
    assert back["alive"]
    assert back["since"] > before["since"]


async def test_worker_that_left_is_gone_and_one_silent_for_a_day_is_forgotten(
    worker: httpx.AsyncClient, workers: Call, transaction: Any, housekeeping: Housekeeping
) -> None:
    for name in "abc":
        await worker.put(f"/v1/workers/{name}", json=BEAT)
    for _ in range(2):
        assert (await worker.delete("/v1/workers/a")).status_code == 204
    async with transaction() as session:
        await session.execute(
            text("UPDATE workers SET seen_at = now() - interval '25 h' WHERE name = 'b'")
        )
    await housekeeping.keep()
    assert [each["name"] for each in await workers()] == ["c"]


async def test_workers_come_in_pages(
    worker: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    for number in range(5):
        await worker.put(f"/v1/workers/w{number}", json=BEAT)
    names, address = [], "/v1/workers?limit=2"
    while address:
        answer = await stranger.get(address)
        names.append([each["name"] for each in answer.json()["items"]])
        address = answer.links.get("next", {}).get("url")
    assert names == [["w0", "w1"], ["w2", "w3"], ["w4"]]


@pytest.mark.parametrize("method", ["put", "delete"])
async def test_only_workers_speak_for_workers(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient, method: str
) -> None:
    body = {"json": BEAT} if method == "put" else {}
    answer = await stranger.request(method, "/v1/workers/a", **body)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("wanted", "offered", "granted"),
    [
        ("cpu", "cpu", True),
        ("cpu", "gpu", False),
        ("gpu", "cpu", False),
        ("gpu", "gpu", True),
        ("gpu", "gpu:80gb", True),
        ("gpu:80gb", "gpu", False),
        ("gpu:80gb", "gpu:80gb", True),
    ],
)
async def test_class_of_hardware_must_suit(
    worker: httpx.AsyncClient, submit: Call, wanted: str, offered: str, granted: bool
) -> None:
    run = await submit(hardware=wanted)
    body = {"worker": "w", "hardware": offered}
    answer = await worker.post(f"/v1/runs/{run['id']}/claim", json=body)
    assert answer.status_code == (200 if granted else 409)
    if not granted:
        assert answer.json()["code"] == "run-does-not-fit"
        assert f"needs a {wanted} worker" in answer.json()["detail"]


async def test_worker_gets_only_what_fits(
    worker: httpx.AsyncClient, submit: Call, events: Call
) -> None:
    run = await submit(needs={"memory": 8_000_000_000})
    assert run["needs"] == {"memory": 8_000_000_000, "disk": 0, "gpu_memory": 0}
    address = f"/v1/runs/{run['id']}/claim"
    small = {"worker": "small", "capacity": {"memory": 2_000_000_000}}

    refused = await worker.post(address, json=small)

    assert (refused.status_code, refused.json()["code"]) == (409, "run-does-not-fit")
    assert "needs 8 GB of memory, and the worker has 2 GB" in refused.json()["detail"]
    assert await events("run.started") == []
    large = {"worker": "large", "capacity": {"memory": 16_000_000_000}}
    assert (await worker.post(address, json=large)).json()["attempt"] == 1


async def test_what_a_plan_shows_is_remembered_for_the_next_claim(
    worker: httpx.AsyncClient, owner: httpx.AsyncClient, submit: Call
) -> None:
    run = await submit()
    address = f"/v1/runs/{run['id']}"
    await worker.post(f"{address}/claim", json={"worker": "small"})
    needs = {"memory": 1, "disk": 5_000, "gpu_memory": 0}
    reason = "It needs 5 kB of disk space, and the worker has 4 kB."
    handed_back = {"fence": 1, "reason": reason, "needs": needs}
    await worker.post(f"{address}/release", json=handed_back)

    shown = (await owner.get(address)).json()

    assert (shown["state"], shown["attempt"], shown["needs"]) == ("queued", 0, needs)
    assert (shown["error"]["code"], shown["error"]["message"]) == ("no-room", reason)
    for disk, status in ((4_000, 409), (5_000, 200)):
        body = {"worker": "w", "capacity": {"disk": disk}}
        assert (await worker.post(f"{address}/claim", json=body)).status_code == status
    told = {"fence": 2, "needs": {"memory": 2, "disk": 6_000}}
    await worker.post(f"{address}/heartbeat", json=told)
    assert (await owner.get(address)).json()["needs"]["disk"] == 6_000


async def test_depth_of_each_queue_is_what_a_scaler_needs(
    stranger: httpx.AsyncClient, submit: Call, claim: Call, report: Call, transaction: Any
) -> None:
    await report(await claim(await submit(hardware="gpu")), "failed", error=LACKING)
    async with transaction() as session:  # its pause is longer than this test may take
        await session.execute(text("UPDATE runs SET due_at = due_at + interval '1 h'"))
    await claim(await submit(hardware="gpu"))
    for hardware in ("gpu", "gpu", "gpu:80gb"):
        await submit(hardware=hardware)
    await report(await claim(await submit()))

    depths = (await stranger.get("/v1/queues")).json()["items"]

    expected = {"cpu": (0, 0, 0, 0), "gpu": (2, 1, 1, 3), "gpu:80gb": (1, 0, 0, 1)}
    names = ("due", "delayed", "running", "load")
    assert {d["hardware"]: tuple(d[name] for name in names) for d in depths} == expected
    one = await stranger.get("/v1/queues/gpu:80gb")
    assert one.json() == {"hardware": "gpu:80gb", "due": 1, "delayed": 0, "running": 0, "load": 1}
    assert (await stranger.get("/v1/queues/tpu")).status_code == 422


async def test_worker_is_idle_since_its_last_run_ended_and_not_since_it_came(
    worker: httpx.AsyncClient, submit: Call, workers: Call, report: Call, transaction: Any
) -> None:
    await worker.put("/v1/workers/a", json=BEAT)
    async with transaction() as session:
        await session.execute(text("UPDATE workers SET since = now() - interval '3 h'"))
        await session.execute(text("UPDATE workers SET idle_since = since"))
    (came,) = await workers()
    assert came["idle_since"] == came["since"]
    run = await submit(hardware="gpu")
    ask = {"worker": "a", "hardware": "gpu"}
    claim = (await worker.post(f"/v1/runs/{run['id']}/claim", json=ask)).json()
    await report(claim)
    (rests,) = await workers()
    ended = (await worker.get(f"/v1/runs/{run['id']}")).json()["finished_at"]
    assert (rests["since"], rests["idle_since"]) == (came["since"], ended)


async def test_worker_that_hands_a_run_back_is_idle_since_then(
    worker: httpx.AsyncClient, submit: Call, workers: Call, claim: Call
) -> None:
    await worker.put("/v1/workers/worker-1", json=BEAT | {"hardware": "cpu"})
    run = await submit()
    await claim(run)
    (busy,) = await workers()
    await worker.post(f"/v1/runs/{run['id']}/release", json={"fence": 1, "reason": "drain"})
    (rests,) = await workers()
    assert rests["idle_since"] > busy["idle_since"]


@pytest.mark.parametrize(
    ("wanted", "there", "waits"),
    [
        ("gpu", None, True),
        ("gpu", "cpu", True),
        ("gpu", "gpu", False),
        ("gpu", "gpu:80gb", False),
        ("gpu:80gb", "gpu", True),
        ("cpu", "gpu", True),
    ],
)
async def test_whoever_submits_a_run_is_told_where_no_worker_suits_it(
    submit: Call, worker: httpx.AsyncClient, wanted: str, there: str | None, waits: bool
) -> None:
    if there:
        await worker.put("/v1/workers/a", json=BEAT | {"hardware": there})
    notes = (await submit(hardware=wanted))["notes"]
    told = [f"No {wanted} worker is registered: the run waits until one registers."]
    assert notes == (told if waits else [])


async def test_a_silent_worker_is_none_and_a_retry_says_so_too(
    submit: Call, worker: httpx.AsyncClient, owner: httpx.AsyncClient, transaction: Any
) -> None:
    await worker.put("/v1/workers/a", json=BEAT)
    run = await submit(hardware="gpu")
    await owner.post(f"/v1/runs/{run['id']}/cancel")
    async with transaction() as session:
        await session.execute(text("UPDATE workers SET seen_at = now() - interval '31 s'"))
    again = (await owner.post(f"/v1/runs/{run['id']}/retry")).json()
    assert run["notes"] == []
    assert again["notes"] == ["No gpu worker is registered: the run waits until one registers."]
