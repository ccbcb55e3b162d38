"""Pushes of models: who may, by which worker, and what becomes of the merge if one fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from callers import MERGED

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

TO = "hf://lab/soup"
PUSH: Json = {"destination": TO, "replace": False, "private": True}
PUSHED: Json = {
    "kind": "push", "destination": TO, "url": "https://huggingface.co/lab/soup", "commit": "c0ffee",
    "visibility": "private", "files": 8, "pushed_bytes": 4096, "sent": 8, "seconds": 1.5,
}  # fmt: skip
FAILED: Json = {"code": "push-failed", "message": "Not pushed.", "retryable": False}


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
def alive(worker: Client) -> Call:
    """Register a worker that may push to these destinations."""

    async def alive(*pushes: str, name: str = "w", hardware: str = "cpu") -> None:
        beat = {"hardware": hardware, "capacity": {}, "version": "1", "pushes": list(pushes)}
        answer = await worker.put(f"/v1/workers/{name}", json=beat)
        assert answer.status_code == 204, answer.text

    return alive


@pytest.fixture
def merge(ann: Client, claim: Call, report: Call, recipe_text: str) -> Call:
    """A merge of ann's that has succeeded."""

    async def merge(**fields: Any) -> Json:
        wanted = {"kind": "merge", "recipe": recipe_text, "model_name": "soup", **fields}
        answer = await ann.post("/v1/runs", json=wanted)
        assert answer.status_code == 202, answer.text
        done = await report(await claim(answer.json()), result=MERGED)
        assert done.status_code == 200, done.text
        return done.json()

    return merge


async def claimed(worker: Client, run: str, *pushes: str) -> httpx.Response:
    body = {"worker": "w", "pushes": list(pushes)} if pushes else {"worker": "w"}
    return await worker.post(f"/v1/runs/{run}/claim", json=body)


async def test_a_merge_with_a_destination_is_followed_by_a_run_that_pushes(
    ann: Client, worker: Client, merge: Call, report: Call, events: Call
) -> None:
    made = await merge(push=PUSH)
    assert made["push"] == {**PUSH, "run": made["push"]["run"]}
    path = f"/v1/runs/{made['push']['run']}"
    run = (await ann.get(path)).json()
    assert (run["kind"], run["state"], run["owner"]) == ("push", "queued", "ann")
    assert run["spec"] == {
        "kind": "push", "run": made["id"], "model_name": "ann/soup", **PUSH,
    }  # fmt: skip
    assert run["products"] == {f"run:{made['id']}": made["id"]}
    granted = await claimed(worker, run["id"], "hf://lab/*")
    done = await report(granted.json(), result=PUSHED)
    assert (done.json()["state"], done.json()["result"]["commit"]) == ("succeeded", "c0ffee")
    queued = [each["kind"] for each in await events("run.queued")]
    assert queued == ["merge", "push"]


async def test_a_push_that_fails_leaves_the_model_and_a_retry_only_pushes(
    ann: Client, worker: Client, merge: Call, report: Call, events: Call
) -> None:
    made = await merge(push=PUSH)
    run = made["push"]["run"]
    await report((await claimed(worker, run, TO)).json(), outcome="failed", error=FAILED)
    assert len(await events("model.produced")) == 1
    told = [(await ann.get(f"/v1/runs/{each}")).json() for each in (made["id"], run)]
    assert [each["state"] for each in told] == ["succeeded", "failed"]
    assert (await ann.post(f"/v1/runs/{run}/retry")).json()["state"] == "queued"
    assert (await ann.post(f"/v1/runs/{run}/cancel")).json()["state"] == "cancelled"
    assert (await ann.get(f"/v1/runs/{made['id']}")).json()["state"] == "succeeded"


async def test_a_cancelled_or_failed_merge_pushes_nothing(
    ann: Client, claim: Call, report: Call, recipe_text: str, events: Call
) -> None:
    wanted = {"kind": "merge", "recipe": recipe_text, "model_name": "soup", "push": PUSH}
    for outcome in ({"outcome": "cancelled"}, {"outcome": "failed", "error": FAILED}):
        run = (await ann.post("/v1/runs", json=wanted)).json()
        assert run["push"] == {**PUSH, "run": None}
        told = await report(await claim(run), **outcome)
        assert told.json()["push"]["run"] is None
    assert {each["kind"] for each in await events("run.queued")} == {"merge"}


@pytest.mark.parametrize("pushes", [(), ("hf://other/*",), ("hf://lab/soup@v2",), ("s3://*",)])
async def test_only_a_worker_that_may_push_there_gets_the_run(
    worker: Client, merge: Call, pushes: tuple[str, ...]
) -> None:
    """An older worker says nothing about pushes, so it never gets one."""
    run = (await merge(push=PUSH))["push"]["run"]
    refused = await claimed(worker, run, *pushes)
    assert (refused.status_code, refused.json()["code"]) == (409, "run-does-not-fit")
    assert TO in refused.json()["detail"]
    assert (await claimed(worker, run, *pushes, TO)).status_code == 200


async def test_a_push_that_no_worker_may_do_says_what_it_waits_for(
    ann: Client, stranger: Client, merge: Call, alive: Call, worker: Client
) -> None:
    made = await merge(push=PUSH)
    path = f"/v1/runs/{made['push']['run']}/waiting"

    async def reasons() -> list[str]:
        answer = await stranger.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()["reasons"]

    none = "No cpu worker is registered: the run waits until one registers."
    assert await reasons() == [none]
    await alive("hf://other/*")
    await alive(name="second")
    await alive(TO, name="on-gpu", hardware="gpu")
    assert await reasons() == [
        "No worker that is registered may take the run: it waits for one that may. "
        f"It pushes to {TO}, which MERGEHUB_PUSH_ALLOW does not have."
    ]
    await ann.post(f"/v1/runs/{made['push']['run']}/cancel")
    assert await reasons() == []
    again = (await ann.post(f"/v1/runs/{made['push']['run']}/retry")).json()
    assert again["notes"] == await reasons() != []
    await alive(TO, name="third")
    assert await reasons() == []
    assert (await claimed(worker, made["push"]["run"], TO)).status_code == 200
    assert await reasons() == []


async def test_what_a_private_run_waits_for_is_said_to_those_who_see_it(
    ann: Client, stranger: Client, recipe_text: str
) -> None:
    body = {"name": "secret", "visibility": "private", "recipe": recipe_text}
    recipe = (await ann.post("/v1/recipes", json=body)).json()
    wanted = {"kind": "merge", "recipe_version": recipe["version"]["id"], "model_name": "secret"}
    run = (await ann.post("/v1/runs", json=wanted)).json()
    path = f"/v1/runs/{run['id']}/waiting"
    assert (await ann.get(path)).json() == {"reasons": run["notes"][-1:]}
    assert (await stranger.get(path)).status_code == 404


async def test_a_destination_that_no_worker_allows_is_refused_at_once(
    ann: Client, merge: Call, alive: Call, recipe_text: str
) -> None:
    made = await merge()
    bodies = {
        "/destination": {"kind": "push", "run": made["id"], "destination": TO},
        "/push/destination": {
            "kind": "merge", "recipe": recipe_text, "model_name": "soup", "push": PUSH,
        },
    }  # fmt: skip
    for body in bodies.values():  # no worker is there, so nothing is known
        assert (await ann.post("/v1/runs", json=body)).status_code == 202
    await alive("s3://models/*")
    for pointer, body in bodies.items():
        refused = await ann.post("/v1/runs", json=body)
        assert refused.status_code == 422, refused.text
        (fault,) = refused.json()["errors"]
        assert (fault["pointer"], fault["code"]) == (pointer, "not-allowed")
        assert "s3://models/*" in fault["detail"]
    await alive("hf://lab/*", name="other")
    for body in bodies.values():
        assert (await ann.post("/v1/runs", json=body)).status_code == 202


async def test_a_push_needs_no_gpu_if_a_worker_without_one_may_do_it(
    ann: Client, merge: Call, alive: Call, worker: Client
) -> None:
    await alive(TO, hardware="gpu", name="g")
    made = await merge(push=PUSH, hardware="gpu")
    path = f"/v1/runs/{made['push']['run']}"
    assert (await ann.get(path)).json()["hardware"] == "gpu"
    await alive(TO)
    made = await merge(push=PUSH, hardware="gpu")
    path = f"/v1/runs/{made['push']['run']}"
    assert (await ann.get(path)).json()["hardware"] == "cpu"


async def test_only_writers_of_its_account_push_a_model(
    ann: Client, person: Call, merge: Call
) -> None:
    made, bob = await merge(), await person("bob")
    wanted = {"kind": "push", "run": made["id"], "destination": TO}
    assert (await bob.post("/v1/runs", json=wanted)).json()["code"] == "not-yours"
    mine = (await ann.post("/v1/runs", json=wanted)).json()
    assert (mine["owner"], mine["spec"]["private"]) == ("ann", True)


async def test_what_is_no_merge_or_no_destination_is_refused(
    ann: Client, merge: Call, recipe_text: str
) -> None:
    made = await merge()
    wanted = {"kind": "push", "run": made["id"], "destination": TO}
    pushing = (await ann.post("/v1/runs", json=wanted)).json()
    queued = await ann.post(
        "/v1/runs", json={"kind": "merge", "recipe": recipe_text, "model_name": "stew"}
    )
    for run, status, code in (
        (str(uuid4()), 422, "run-invalid"),
        (pushing["id"], 422, "run-invalid"),
        (queued.json()["id"], 409, "run-not-succeeded"),
    ):
        answer = await ann.post("/v1/runs", json=wanted | {"run": run})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    for wrong in ("lab/soup", "hf://lab", "s3://models", "hf://a/../b", "https://x.org/a"):
        answer = await ann.post("/v1/runs", json=wanted | {"destination": wrong})
        assert "must be hf://owner/name" in answer.text
