"""Runs as people see them: submitted, listed, read, cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

NOWHERE = "00000000-0000-0000-0000-000000000000"


async def test_submitted_run_is_queued_and_told(
    owner: httpx.AsyncClient, recipe_text: str, events: Call
) -> None:
    body = {"kind": "merge", "recipe": recipe_text, "model_name": "local/merged", "seed": 7}
    answer = await owner.post("/v1/runs", json=body)
    run = answer.json()

    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/runs/{run['id']}")
    assert (run["state"], run["attempt"], run["fence"], run["revision"]) == ("queued", 0, 0, 1)
    assert run["spec"]["recipe"] == recipe_text
    assert (run["spec"]["seed"], run["spec"]["model_name"]) == (7, "local/merged")
    assert (await owner.get(f"/v1/runs/{run['id']}")).json() | {"notes": run["notes"]} == run
    assert await events("run.queued") == [
        {
            "run": run["id"], "kind": "merge", "hardware": "cpu", "attempt": 0,
            "error_code": None, "error_message": None, "model_name": "local/merged",
            "recipe_version": None, "started_at": None,
        }
    ]  # fmt: skip


async def test_run_of_a_published_version_carries_its_text(
    owner: httpx.AsyncClient, recipe_text: str
) -> None:
    recipe = {"name": "a-recipe", "title": "A recipe", "recipe": recipe_text}
    version = (await owner.post("/v1/recipes", json=recipe)).json()["version"]
    body = {"kind": "merge", "recipe_version": version["id"], "model_name": "m"}

    spec = (await owner.post("/v1/runs", json=body)).json()["spec"]

    assert spec["recipe"] == recipe_text
    assert (spec["recipe_version"], spec["recipe_digest"]) == (version["id"], version["digest"])


async def test_a_version_that_the_language_no_longer_takes_is_refused_when_it_is_submitted(
    owner: httpx.AsyncClient, recipe_text: str, transaction: Any
) -> None:
    recipe = {"name": "an-old-recipe", "title": "An old recipe", "recipe": recipe_text}
    version = (await owner.post("/v1/recipes", json=recipe)).json()["version"]
    async with transaction() as session:
        await session.execute(
            text("UPDATE recipe_versions SET source = source || :more WHERE id = :id"),
            {"more": "\ntokenizer_source: union\n", "id": version["id"]},
        )
    body = {"kind": "merge", "recipe_version": version["id"], "model_name": "m"}

    answer = await owner.post("/v1/runs", json=body)

    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/recipe_version#/tokenizer_source", "not-built")


@pytest.fixture
async def full_outbox(transaction: Any, empty: None) -> AsyncIterator[Call]:
    """An outbox that accepts no events until the returned function is called."""
    async with transaction() as session:
        await session.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$"
            )
        )
        await session.execute(
            text("CREATE TRIGGER t BEFORE INSERT ON outbox EXECUTE FUNCTION refuse()")
        )

    async def make_room() -> None:
        async with transaction() as session:
            await session.execute(text("DROP FUNCTION IF EXISTS refuse CASCADE"))

    yield make_room
    await make_room()


async def test_run_and_its_event_are_written_together_or_not_at_all(
    app: FastAPI, owner: httpx.AsyncClient, recipe_text: str, full_outbox: Call
) -> None:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = dict(owner.headers) | {"Idempotency-Key": "again"}
    body = {"kind": "merge", "recipe": recipe_text, "model_name": "m"}
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        broken = await client.post("/v1/runs", json=body, headers=headers)
    await full_outbox()

    assert (broken.status_code, broken.json()["code"]) == (500, "internal-error")
    assert (await owner.get("/v1/runs")).json()["items"] == []
    assert (await owner.post("/v1/runs", json=body, headers=headers)).status_code == 202


async def test_faulty_inline_recipe_is_refused_with_its_faults(owner: httpx.AsyncClient) -> None:
    body = {"kind": "merge", "recipe": "merge_method: linaer\nmodels: []", "model_name": "m"}
    answer = await owner.post("/v1/runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "recipe-invalid")
    assert {each["pointer"] for each in answer.json()["errors"]} >= {"/recipe#/merge_method"}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({}, "/recipe"),
        ({"recipe": "x", "recipe_version": NOWHERE}, "/recipe"),
        ({"recipe_version": NOWHERE}, "/recipe_version"),
        ({"kind": "evaluate", "model": "a@b@c", "benchmarks": ["x"]}, "/model"),
        ({"kind": "evaluate", "model": f"run:{NOWHERE}", "benchmarks": ["x"]}, "/model"),
        ({"kind": "evaluate", "model": "m", "benchmarks": ["../x"]}, "/benchmarks/0"),
        ({"kind": "search"}, "/kind"),
        ({"kind": None, "model": "m"}, "/kind"),
        ({"recipe": "x", "seeed": 1}, "/seeed"),
        ({"recipe": "x", "model_name": "../x"}, "/model_name"),
    ],
)
async def test_impossible_run_is_refused_with_a_pointer(
    owner: httpx.AsyncClient, fields: Json, pointer: str
) -> None:
    merge = {"kind": "merge", "model_name": "m"}
    answer = await owner.post("/v1/runs", json=fields if "kind" in fields else merge | fields)
    assert answer.status_code == 422
    assert pointer in {each["pointer"] for each in answer.json()["errors"]}


async def test_evaluation_of_a_run_is_of_the_model_that_it_produced(
    owner: httpx.AsyncClient, submit: Call, claim: Call, report: Call
) -> None:
    merge = await submit(model_name="local/child")
    body = {
        "kind": "evaluate",
        "model": f"run:{merge['id']}+adapters/dates",
        "benchmarks": ["arc", "arc", "dates"],
    }

    early = await owner.post("/v1/runs", json=body)
    await report(await claim(merge))
    late = await owner.post("/v1/runs", json=body)

    assert (early.status_code, early.json()["code"]) == (409, "run-not-succeeded")
    assert "queued" in early.json()["detail"]
    spec = late.json()["spec"]
    assert spec["model"] == body["model"]
    assert spec["model_name"] == "local/child+adapters/dates"
    assert spec["benchmarks"] == ["arc", "dates"]


async def test_merge_of_a_run_waits_for_its_model(
    owner: httpx.AsyncClient, recipe_text: str, submit: Call
) -> None:
    first = await submit()
    recipe = recipe_text.replace("org/first", f"run:{first['id']}")
    body = {"kind": "merge", "recipe": recipe, "model_name": "m"}
    answer = await owner.post("/v1/runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "run-not-succeeded")


async def test_list_is_paged_newest_first_and_filtered(
    owner: httpx.AsyncClient, submit: Call, claim: Call
) -> None:
    runs = [(await submit())["id"] for _ in range(5)]
    evaluation = {"kind": "evaluate", "model": "org/m", "benchmarks": ["arc"]}
    runs.append((await owner.post("/v1/runs", json=evaluation)).json()["id"])
    await claim({"id": runs[2]})

    found, address = [], "/v1/runs?limit=2"
    while address:
        page = await owner.get(address)
        found += [each["id"] for each in page.json()["items"]]
        address = page.links.get("next", {}).get("url")

    async def listed(**wanted: str) -> list[str]:
        page = await owner.get("/v1/runs", params=wanted)
        return [each["id"] for each in page.json()["items"]]

    assert found == runs[::-1]
    assert await listed(state="running") == [runs[2]]
    assert await listed(kind="evaluate") == [runs[5]]
    assert await listed(kind="merge", state="queued") == [runs[i] for i in (4, 3, 1, 0)]
    assert await listed(model="Org/M") == [runs[5]]


async def test_runs_of_a_recipe_are_those_that_name_one_of_its_versions(
    owner: httpx.AsyncClient, submit: Call, recipe_text: str
) -> None:
    async def published(name: str) -> Json:
        answer = await owner.post("/v1/recipes", json={"name": name, "recipe": recipe_text})
        return dict(answer.json())

    async def run(version: Json, **wanted: Any) -> str:
        body = {"kind": "merge", "recipe_version": version["id"], "model_name": "m"} | wanted
        return str((await owner.post("/v1/runs", json=body)).json()["id"])

    async def listed(recipe: str, **wanted: str) -> list[str]:
        page = await owner.get("/v1/runs", params={"recipe": recipe} | wanted)
        return [each["id"] for each in page.json()["items"]]

    soup, stew = await published("soup"), await published("stew")
    text = recipe_text.replace("bfloat16", "float32")
    second = await owner.post(f"/v1/recipes/{soup['id']}/versions", json={"recipe": text})
    await submit()
    runs = [await run(soup["version"]), await run(second.json())]
    evaluation = {
        "kind": "evaluate",
        "benchmarks": ["arc"],
        "recipe_version": soup["version"]["id"],
    }
    runs.append((await owner.post("/v1/runs", json=evaluation)).json()["id"])
    other = await run(stew["version"])

    assert await listed(soup["id"]) == runs[::-1]
    assert await listed(soup["id"], kind="merge") == runs[1::-1]
    assert await listed(stew["id"]) == [other]
    assert await listed(NOWHERE) == []


async def test_a_list_of_large_runs_is_small(
    owner: httpx.AsyncClient, submit: Call, claim: Call, report: Call, merged: Json
) -> None:
    long = "# " + "x" * 200_000 + "\nmerge_method: linear\nmodels: [{model: a}]\n"
    error = {"code": "broken", "message": "m" * 10_000, "last_lines": ["l" * 500] * 50}
    failed, merges = [await submit(recipe=long) for _ in range(2)]
    await report(await claim(failed), outcome="failed", error=error)
    parents = [{"name": f"org/{n}" + "n" * 400} for n in range(1000)]
    await report(await claim(merges), result=merged | {"parents": parents})

    answer = await owner.get("/v1/runs")
    whole = [(await owner.get(f"/v1/runs/{run['id']}")).json() for run in (merges, failed)]

    assert len(answer.content) < 4_000
    good, bad = answer.json()["items"]
    assert (good["digest"], good["error"], good["model_name"]) == (
        "sha256:out",
        None,
        "local/merged",
    )
    assert bad["error"] == {"code": "broken", "message": "m" * 299 + "…"}
    assert (bad["digest"], bad["state"]) == (None, "failed")
    for short, run in zip(answer.json()["items"], whole, strict=True):
        assert run["spec"]["recipe"] == long
        same = short.keys() & run.keys() - {"error"}
        assert {name: short[name] for name in same} == {name: run[name] for name in same}


async def test_queued_run_is_cancelled_at_once(
    owner: httpx.AsyncClient, worker: httpx.AsyncClient, submit: Call, events: Call
) -> None:
    run = await submit()
    cancelled = await owner.post(f"/v1/runs/{run['id']}/cancel")
    again = await owner.post(f"/v1/runs/{run['id']}/cancel")
    claimed = await worker.post(f"/v1/runs/{run['id']}/claim", json={"worker": "w"})

    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert again.json() == cancelled.json()
    assert (claimed.status_code, claimed.json()["code"]) == (409, "run-leased")
    assert len(await events("run.cancelled")) == 1


async def test_running_run_is_cancelled_through_its_heartbeat(
    owner: httpx.AsyncClient, worker: httpx.AsyncClient, submit: Call, claim: Call, report: Call
) -> None:
    run = await submit()
    claimed = await claim(run)
    heartbeat = f"/v1/runs/{run['id']}/heartbeat"
    fence = {"fence": claimed["fence"]}

    assert (await worker.post(heartbeat, json=fence)).json() == {"order": "go_on"}
    assert (await owner.post(f"/v1/runs/{run['id']}/cancel")).json()["state"] == "running"
    assert (await worker.post(heartbeat, json=fence)).json() == {"order": "cancel"}
    assert (await report(claimed, "cancelled")).json()["state"] == "cancelled"


async def test_finished_run_cannot_be_cancelled(
    owner: httpx.AsyncClient, submit: Call, claim: Call, report: Call
) -> None:
    run = await submit()
    await report(await claim(run))
    answer = await owner.post(f"/v1/runs/{run['id']}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "run-finished")


async def test_unknown_run_is_not_found(owner: httpx.AsyncClient) -> None:
    for path in ("", "/items?benchmark=arc", "/events"):
        answer = await owner.get(f"/v1/runs/{NOWHERE}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "run-not-found")
    assert (await owner.post(f"/v1/runs/{NOWHERE}/cancel")).status_code == 404


async def test_runs_of_a_recipe_are_listed_by_its_id(
    owner: httpx.AsyncClient, recipe_text: str
) -> None:
    recipe = (await owner.post("/v1/recipes", json={"name": "r", "recipe": recipe_text})).json()
    of = {"kind": "merge", "recipe_version": recipe["version"]["id"], "model_name": "of-it"}
    run = (await owner.post("/v1/runs", json=of)).json()["id"]
    await owner.post("/v1/runs", json={"kind": "merge", "recipe": recipe_text, "model_name": "m"})

    async def listed(**query: str) -> list[str]:
        items = (await owner.get("/v1/runs", params=query)).json()["items"]
        return [each["id"] for each in items]

    assert await listed(recipe=recipe["id"]) == [run]
    assert await listed(recipe=recipe["id"], kind="evaluate") == []
    assert await listed(recipe=NOWHERE) == []
    assert (await owner.get("/v1/runs?recipe=soup")).status_code == 422
