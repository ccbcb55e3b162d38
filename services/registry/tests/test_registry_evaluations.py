"""Evaluations of recipes, results that were kept, and ablations, from the request to the event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from mergehub.recipe import parse_recipe, recipe_digest

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

DIGEST = "sha256:out"
"""That of the merges that these tests report."""


def score(benchmark: str, value: float = 0.5, **more: Any) -> Json:
    return {
        "benchmark": benchmark, "version": "1", "metric": "acc", "value": value, "stderr": 0.1,
        "count": 2, "shots": 0, "items": {"a": 1.0, "b": value}, "precision": "float32",
        "seed": 1234, "chat_template": False, "task_hash": "t", "harness_version": "1", **more,
    }  # fmt: skip


def evaluated(*scores: Json, model: str = "m") -> Json:
    return {
        "kind": "evaluate", "model": model, "model_digest": DIGEST, "harness": "h 1",
        "seconds": 2.0, "results": list(scores), "versions": {"torch": "2"}, "in_memory": True,
    }  # fmt: skip


def ablated(*candidates: tuple[str | None, str, list[Json]]) -> Json:
    return {
        "kind": "ablate", "method": "linear", "harness": "h 1", "seconds": 2.0,
        "candidates": [
            {"without": without, "how": "So.", "model_digest": digest, "results": results}
            for without, digest, results in candidates
        ],
    }  # fmt: skip


async def test_a_recipe_is_evaluated_without_a_model_and_stays_off_the_boards(
    owner: Client, recipe_text: str, claim: Call, report: Call, events: Call
) -> None:
    wanted = {"kind": "evaluate", "recipe": recipe_text, "benchmarks": ["arc"], "limit": 5}
    run = (await owner.post("/v1/runs", json=wanted)).json()
    digest = recipe_digest(parse_recipe(recipe_text))
    assert run["spec"]["model"] == run["spec"]["model_name"]
    assert run["spec"]["model"] == f"recipe:{digest.removeprefix('sha256:')[:12]}"
    assert run["spec"]["recipe_digest"] == digest
    claimed = await claim(run)
    assert (claimed["spec"]["recipe"], claimed["spec"]["limit"]) == (recipe_text, 5)
    answer = await report(claimed, result=evaluated(score("arc", limited=True)))
    assert answer.json()["result"]["in_memory"] is True
    assert await events("evaluation.completed") == []
    items = await owner.get(f"/v1/runs/{run['id']}/items", params={"benchmark": "arc"})
    assert items.json()["items"] == {"a": 1.0, "b": 0.5}


@pytest.mark.parametrize("kind", ["evaluate", "ablate"])
@pytest.mark.parametrize(
    "given", [{}, {"model": "m", "recipe": "r"}, {"recipe": "r", "recipe_version": str(uuid4())}]
)
async def test_a_run_has_one_subject(owner: Client, kind: str, given: Json) -> None:
    answer = await owner.post("/v1/runs", json={"kind": kind, "benchmarks": ["arc"], **given})
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["code"] == "conflict"
    assert "exactly one of `model`, `recipe` (text) and `recipe_version` (id)" in fault["detail"]


async def test_the_event_says_how_a_score_was_measured(
    owner: Client, claim: Call, report: Call, events: Call
) -> None:
    wanted = {"kind": "evaluate", "model": "org/m", "benchmarks": ["arc"]}
    run = (await owner.post("/v1/runs", json=wanted)).json()
    before = (await owner.post("/v1/runs", json=wanted)).json()
    result = evaluated(score("arc", batch_size=16, cached=before["id"]))
    answer = await report(await claim(run), result=result)
    assert answer.json()["result"]["results"][0]["cached"] == before["id"]
    (told,) = await events("evaluation.completed")
    shown = ("precision", "seed", "chat_template", "task_hash", "harness_version", "batch_size")
    assert [told[name] for name in shown] == ["float32", 1234, False, "t", "1", 16]
    assert (told["limited"], told["cached"]) == (False, True)


async def test_a_result_kept_from_a_private_run_does_not_name_it(
    owner: Client, claim: Call, report: Call, transaction: Call
) -> None:
    wanted = {"kind": "evaluate", "model": "org/m", "benchmarks": ["arc", "dates"]}
    run, hidden, foreign = [(await owner.post("/v1/runs", json=wanted)).json() for _ in range(3)]
    async with transaction() as session:
        await session.execute(
            text("INSERT INTO accounts (handle, kind, display_name) VALUES ('eve', 'person', 'e')")
        )
        change = "UPDATE runs SET visibility = 'private', owner = :owner WHERE id = :id"
        await session.execute(text(change), {"owner": "eve", "id": hidden["id"]})
        await session.execute(text(change), {"owner": "local", "id": foreign["id"]})
    result = evaluated(
        score("arc", cached=hidden["id"]), score("dates", cached=foreign["id"]), model="org/m"
    )
    answer = await report(await claim(run), result=result)
    arc, dates = answer.json()["result"]["results"]
    assert arc["cached"] == run["id"]
    assert dates["cached"] == foreign["id"]


async def test_an_ablation_of_a_merged_model_follows_its_recipe_and_is_told_under_its_name(
    owner: Client, submit: Call, claim: Call, report: Call, events: Call, recipe_text: str
) -> None:
    merge = await submit(seed=7)
    await report(await claim(merge))
    wanted = {"kind": "ablate", "model": "merged", "benchmarks": ["arc"], "chat_template": True}
    answer = await owner.post("/v1/runs", json=wanted | {"model": "local/merged"})
    assert answer.status_code == 202, answer.text
    run = answer.json()
    assert (run["spec"]["recipe"], run["spec"]["seed"]) == (recipe_text, 7)
    assert run["spec"]["model_name"] == "local/merged"
    candidates = [
        (None, DIGEST, [score("arc", 0.5)]),
        ("org/first", "sha256:1", [score("arc", 0.25)]),
        ("org/second", "sha256:2", [score("arc", 0.75)]),
    ]
    told = (await report(await claim(run), result=ablated(*candidates))).json()
    kept = told["result"]["candidates"]
    assert [each["without"] for each in kept] == [None, "org/first", "org/second"]
    assert all("items" not in result for each in kept for result in each["results"])
    (event,) = await events("ablation.completed")
    assert (event["model"], event["method"], event["run"]) == ("local/merged", "linear", run["id"])
    assert [each["results"][0]["value"] for each in event["candidates"]] == [0.5, 0.25, 0.75]
    for place, value in enumerate((0.5, 0.25, 0.75)):
        name = f"arc~{place}" if place else "arc"
        items = await owner.get(f"/v1/runs/{run['id']}/items", params={"benchmark": name})
        assert items.json()["items"] == {"a": 1.0, "b": value}


async def test_an_ablation_that_made_other_bytes_is_not_told_under_the_models_name(
    owner: Client, submit: Call, claim: Call, report: Call, events: Call
) -> None:
    await report(await claim(await submit()))
    wanted = {"kind": "ablate", "model": "local/merged", "benchmarks": ["arc"]}
    run = (await owner.post("/v1/runs", json=wanted)).json()
    await report(await claim(run), result=ablated((None, "sha256:other", [score("arc")])))
    (event,) = await events("ablation.completed")
    assert event["model"] is None


async def test_an_ablation_of_a_recipe_has_no_model(
    owner: Client, recipe_text: str, claim: Call, report: Call, events: Call
) -> None:
    wanted = {"kind": "ablate", "recipe": recipe_text, "benchmarks": ["arc"]}
    run = (await owner.post("/v1/runs", json=wanted)).json()
    whole = (None, DIGEST, [score("arc")])
    refused = await report(await claim(run), result=ablated(("org/first", "d", [score("arc")])))
    assert refused.json()["code"] == "report-invalid"
    run = (await owner.post("/v1/runs", json=wanted)).json()
    answer = await report(await claim(run), result=ablated(whole))
    assert answer.json()["state"] == "succeeded"
    (event,) = await events("ablation.completed")
    assert (event["model"], event["recipe_digest"]) == (None, run["spec"]["recipe_digest"])


@pytest.mark.parametrize("model", ["org/elsewhere", "local/merged+org/adapter", "a@b@c"])
async def test_only_what_was_merged_here_can_be_ablated(
    owner: Client, submit: Call, claim: Call, report: Call, model: str
) -> None:
    await report(await claim(await submit()))
    wanted = {"kind": "ablate", "model": model, "benchmarks": ["arc"]}
    answer = await owner.post("/v1/runs", json=wanted)
    (fault,) = answer.json()["errors"]
    assert fault["code"] in ("not-merged-here", "bad-reference")
