"""`/v1/artifacts`: the models of runs are listed, shown, pinned and deleted by the rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from stored import FILES, Runs, listed

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
SIZE = sum(map(len, FILES.values()))


@pytest.fixture
def runs(submit: Call, claim: Call, report: Call, merged: Json) -> Runs:
    return Runs(submit, claim, report, merged)


async def test_a_run_that_succeeds_has_a_model_with_its_files(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient, runs: Runs
) -> None:
    run = await runs.merged()
    (shown,) = (await stranger.get("/v1/artifacts")).json()["items"]
    assert (shown["run"], shown["size"], shown["state"]) == (run, SIZE, "stored")
    assert (shown["model_name"], shown["owner"]) == ("local/merged", "local")
    told = (await owner.get(f"/v1/artifacts/{run}")).json()
    assert {each["name"]: (each["size"], each["sha256"]) for each in told["files"]} == {
        name: (each["size"], each["sha256"]) for name, each in listed().items()
    }
    assert (told["lock"], told["manifest"]) == ("mergehub.lock.json", "manifest.json")
    assert told["provenance"] is None
    types = {each["name"]: each["media_type"] for each in told["files"]}
    assert types["config.json"] == "application/json"
    assert types["model.safetensors"] == "application/octet-stream"


async def test_models_are_found_by_run_name_owner_and_recipe(
    owner: httpx.AsyncClient, runs: Runs, recipe_text: str
) -> None:
    published = (
        await owner.post("/v1/recipes", json={"name": "soup", "title": "s", "recipe": recipe_text})
    ).json()
    one = await runs.merged(recipe=None, recipe_version=published["version"]["id"])
    two = await runs.merged(model_name="local/Other")

    async def found(**wanted: str) -> list[str]:
        items = (await owner.get("/v1/artifacts", params=wanted)).json()["items"]
        return [each["run"] for each in items]

    assert await found() == [two, one]
    assert await found(run=one) == [one]
    assert await found(model="local/other") == [two]
    assert await found(owner="LOCAL") == [two, one]
    assert await found(owner="nobody") == []
    assert await found(recipe=published["id"]) == [one]


async def test_the_model_of_a_private_run_is_as_private(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient, runs: Runs, transaction: Any
) -> None:
    run = await runs.merged()
    async with transaction() as session:
        await session.execute(text("UPDATE runs SET visibility = 'private'"))
    assert (await stranger.get("/v1/artifacts")).json()["items"] == []
    for path in (run, f"{run}/files/config.json"):
        refused = await stranger.get(f"/v1/artifacts/{path}")
        assert (refused.status_code, refused.json()["code"]) == (404, "artifact-not-found")
    assert (await owner.get(f"/v1/artifacts/{run}")).status_code == 200


async def test_a_run_without_a_model_has_none(owner: httpx.AsyncClient, runs: Runs) -> None:
    queued = await runs.queued()
    for run in (queued["id"], uuid4()):
        assert (await owner.get(f"/v1/artifacts/{run}")).json()["code"] == "artifact-not-found"


async def test_an_older_workers_report_counts_without_files(
    owner: httpx.AsyncClient, runs: Runs
) -> None:
    run = await runs.merged(files=None)
    told = (await owner.get(f"/v1/artifacts/{run}")).json()
    assert (told["size"], told["files"]) == (None, [])
    refused = await owner.get(f"/v1/artifacts/{run}/files/config.json")
    assert refused.json()["code"] == "file-not-found"
    assert "has not read" in refused.json()["detail"]


@pytest.mark.parametrize(
    "files",
    [
        {"../config.json": {"size": 1, "sha256": "0" * 64}},
        {"/etc/passwd": {"size": 1, "sha256": "0" * 64}},
        {"config.json": {"size": -1, "sha256": "0" * 64}},
        {"config.json": {"size": 1, "sha256": "0"}},
        {},
    ],
)
async def test_a_report_with_files_outside_of_the_model_is_refused(
    runs: Runs, claim: Call, report: Call, merged: Json, files: Json
) -> None:
    claimed = await claim(await runs.queued())
    refused = await report(claimed, result=merged | {"files": files})
    assert refused.status_code == 422
    assert "files" in refused.json()["errors"][0]["pointer"]


async def test_the_owner_deletes_a_model_and_others_do_not(
    owner: httpx.AsyncClient, person: Call, runs: Runs
) -> None:
    run = await runs.merged()
    ann = await person("ann")
    refused = await ann.delete(f"/v1/artifacts/{run}")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-yours")
    deleted = await owner.delete(f"/v1/artifacts/{run}")
    assert deleted.status_code == 202
    assert (deleted.json()["state"], deleted.json()["why"]) == (
        "leaving", "Its owner deleted it.",
    )  # fmt: skip
    assert (await owner.delete(f"/v1/artifacts/{run}")).json() == deleted.json()
    trail = (await owner.get("/v1/accounts/audit", params={"subject": f"artifacts/{run}"})).json()
    assert [each["action"] for each in trail["items"]] == ["artifact.deleted"]


async def test_a_pinned_model_stays(owner: httpx.AsyncClient, runs: Runs) -> None:
    run = await runs.merged()
    for _ in range(2):
        assert (await owner.put(f"/v1/artifacts/{run}/pin")).json()["pinned"] is True
    refused = await owner.delete(f"/v1/artifacts/{run}")
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"The model of run {run} is needed. It is pinned."
    assert (await owner.delete(f"/v1/artifacts/{run}/pin")).json()["pinned"] is False
    assert (await owner.delete(f"/v1/artifacts/{run}")).json()["state"] == "leaving"
    assert (await owner.put(f"/v1/artifacts/{run}/pin")).json()["state"] == "stored"


async def test_a_model_stays_while_a_run_or_a_lock_needs_it(
    owner: httpx.AsyncClient, runs: Runs, recipe_text: str
) -> None:
    run = await runs.merged()
    recipe = recipe_text.replace("org/first", f"run:{run}")
    user = await runs.queued(recipe=recipe, model_name="local/user")
    refused = (await owner.delete(f"/v1/artifacts/{run}")).json()
    assert refused["code"] == "artifact-needed"
    assert f"Run {user['id']} (merge) is queued and uses it." in refused["detail"]
    await runs.finish(user)
    refused = (await owner.delete(f"/v1/artifacts/{run}")).json()
    assert f"The lock of run {user['id']} names it." in refused["detail"]
    assert (await owner.delete(f"/v1/artifacts/{user['id']}")).status_code == 202


async def test_a_run_that_uses_a_model_on_its_way_out_keeps_it(
    owner: httpx.AsyncClient, runs: Runs, recipe_text: str
) -> None:
    run = await runs.merged()
    await owner.delete(f"/v1/artifacts/{run}")
    await runs.queued(recipe=recipe_text.replace("org/first", f"run:{run}"), model_name="local/u")
    told = (await owner.get(f"/v1/artifacts/{run}")).json()
    assert (told["state"], told["why"], told["marked_at"]) == ("stored", None, None)


async def test_a_model_that_is_gone_says_so_and_no_run_can_use_it(
    owner: httpx.AsyncClient, runs: Runs, recipe_text: str, transaction: Any
) -> None:
    run = await runs.merged()
    recipe = recipe_text.replace("org/first", f"run:{run}")
    user = await runs.queued(recipe=recipe, model_name="local/user")
    await owner.post(f"/v1/runs/{user['id']}/cancel")
    await owner.delete(f"/v1/artifacts/{run}")
    async with transaction() as session:
        await session.execute(text("UPDATE artifacts SET state = 'gone'"))
    for path in (run, f"{run}/files/config.json"):
        refused = await owner.get(f"/v1/artifacts/{path}")
        assert (refused.status_code, refused.json()["code"]) == (410, "artifact-gone")
        assert "Its owner deleted it." in refused.json()["detail"]
    assert (await owner.put(f"/v1/artifacts/{run}/pin")).status_code == 410
    assert (await owner.get("/v1/artifacts")).json()["items"] == []
    (shown,) = (await owner.get("/v1/artifacts", params={"gone": True})).json()["items"]
    assert shown["state"] == "gone"
    again = {"kind": "merge", "recipe": recipe, "model_name": "local/again"}
    for refused in (
        await owner.post("/v1/runs", json=again),
        await owner.post(f"/v1/runs/{user['id']}/retry"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "model-gone")


async def test_an_account_at_its_quota_of_bytes_makes_no_more_models(
    owner: httpx.AsyncClient,
    person: Call,
    claim: Call,
    report: Call,
    merged: Json,
    recipe_text: str,
) -> None:
    ann = await person("ann")

    async def submit(**fields: Any) -> Json:
        wanted = {"kind": "merge", "recipe": recipe_text, "model_name": "soup", **fields}
        answer = await ann.post("/v1/runs", json=wanted)
        return answer.json() | {"status": answer.status_code}

    runs = Runs(submit, claim, report, merged)
    quota = "/v1/accounts/ann/quotas/artifact_bytes"
    run = await runs.merged()
    told = (await owner.put(quota, json={"limit": SIZE + 1})).json()["items"]
    assert [each["used"] for each in told if each["name"] == "artifact_bytes"] == [SIZE]
    waiting = await submit()
    assert waiting["status"] == 202
    await owner.put(quota, json={"limit": SIZE})
    refused = await submit()
    assert (refused["status"], refused["code"]) == (403, "storage-quota-exceeded")
    assert f"ann has {SIZE} bytes of models" in refused["detail"]
    assert (await ann.post("/v1/runs", json={
        "kind": "evaluate", "model": "org/first", "benchmarks": ["gsm8k"],
    })).status_code == 202  # fmt: skip
    assert (await ann.delete(f"/v1/artifacts/{run}")).status_code == 202
    assert (await submit())["status"] == 202
