"""`POST /v1/recipes/import`: recipes in bulk, each stored whole or refused with its reason."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

OTHER = "merge_method: linear\nmodels:\n  - model: org/other\n    parameters: {weight: 1}\n"


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


async def bring(client: Client, *rows: Json, **fields: Any) -> Json:
    answer = await client.post("/v1/recipes/import", json={"recipes": rows, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(client: Client) -> list[Json]:
    return (await client.get("/v1/recipes", params={"limit": 200})).json()["items"]


def outcomes(report: Json) -> list[tuple[str, int, str]]:
    return [(each["name"], each["number"], each["outcome"]) for each in report["brought"]]


def refusals(report: Json) -> list[tuple[int, str, str]]:
    return [(each["line"], each["name"], each["code"]) for each in report["refused"]]


async def test_recipes_are_published_with_what_is_said_of_them(
    ann: Client, stranger: Client, recipe_text: str, events: Call
) -> None:
    about = {
        "title": "Soup", "description": "Good", "tags": ["x"], "domains": ["art"], "licence": "MIT",
    }  # fmt: skip
    report = await bring(ann, {"name": "soup", "recipe": recipe_text, **about})
    assert outcomes(report) == [("soup", 1, "published")]
    (seen,) = await listed(stranger)
    assert {name: seen[name] for name in about} == {**about, "licence": "mit"}
    assert (seen["owner"], seen["version"]["number"]) == ("ann", 1)
    assert seen["id"] == report["brought"][0]["recipe"]
    assert seen["version"]["digest"] == report["brought"][0]["digest"]
    (event,) = await events("recipe.published")
    assert (event["recipe"], event["version"]) == (seen["id"], seen["version"]["id"])
    source = await stranger.get(f"/v1/recipes/{seen['id']}/versions/1/source")
    assert source.text == recipe_text


async def test_the_same_rows_again_change_nothing(
    ann: Client, recipe_text: str, events: Call
) -> None:
    rows = [{"name": "soup", "recipe": recipe_text}, {"name": "soup", "recipe": OTHER}]
    first, again = await bring(ann, *rows), await bring(ann, *rows)
    assert outcomes(first) == [("soup", 1, "published"), ("soup", 2, "version")]
    assert outcomes(again) == [("soup", 1, "known"), ("soup", 2, "known")]
    assert [event["number"] for event in await events("recipe.published")] == [1, 2]
    (seen,) = await listed(ann)
    assert seen["version"]["number"] == 2


async def test_formatting_makes_no_new_version(ann: Client, recipe_text: str) -> None:
    await bring(ann, {"name": "soup", "recipe": recipe_text})
    report = await bring(ann, {"name": "soup", "recipe": f"# again\n{recipe_text}"})
    assert outcomes(report) == [("soup", 1, "known")]


async def test_a_recipe_with_faults_is_refused_and_the_others_are_published(
    ann: Client, recipe_text: str
) -> None:
    wrong = recipe_text.replace("linear", "linaer")
    rows = [{"name": "a", "recipe": wrong, "line": 7}, {"name": "b", "recipe": recipe_text}]
    report = await bring(ann, *rows)
    assert outcomes(report) == [("b", 1, "published")]
    assert refusals(report) == [(7, "a", "recipe-invalid")]
    (fault,) = report["refused"][0]["errors"]
    assert fault["pointer"] == "/recipes/0/recipe#/merge_method"
    assert (fault["line"], "linear" in fault["suggestion"]) == (2, True)


async def test_a_dry_run_reports_the_same_and_stores_nothing(
    ann: Client, recipe_text: str, events: Call
) -> None:
    rows = [{"name": "a", "recipe": recipe_text}, {"name": "b", "recipe": "merge_method: x"}]
    dry = await bring(ann, *rows, dry_run=True)
    assert (await listed(ann), await events()) == ([], [])
    report = await bring(ann, *rows)
    assert dry["refused"] == report["refused"]
    assert outcomes(dry) == outcomes(report)
    assert [each["recipe"] for each in dry["brought"]] == [None]


async def test_names_that_lead_to_other_recipes_and_archived_recipes_are_refused(
    ann: Client, recipe_text: str
) -> None:
    first = await bring(ann, *({"name": name, "recipe": recipe_text} for name in "ab"))
    for each, change in zip(first["brought"], ({"name": "c"}, {"archived": True}), strict=True):
        path = f"/v1/recipes/{each['recipe']}"
        assert (await ann.patch(path, json=change, headers={"If-Match": "*"})).status_code == 200
    report = await bring(ann, *({"name": name, "recipe": OTHER} for name in "abcd"))
    assert refusals(report) == [(1, "a", "recipe-name-taken"), (2, "b", "recipe-archived")]
    assert outcomes(report) == [("c", 2, "version"), ("d", 1, "published")]


async def test_no_more_recipes_are_imported_than_the_quota_allows(
    ann: Client, owner: Client, recipe_text: str
) -> None:
    quota = await owner.put("/v1/accounts/ann/quotas/recipes", json={"limit": 2})
    assert quota.is_success, quota.text
    report = await bring(ann, *({"name": name, "recipe": recipe_text} for name in "cba"))
    assert outcomes(report) == [("c", 1, "published"), ("b", 1, "published")]
    assert refusals(report) == [(3, "a", "quota-exceeded")]


async def test_private_recipes_are_imported_for_the_owner_alone(
    ann: Client, stranger: Client, recipe_text: str, events: Call
) -> None:
    await bring(ann, {"name": "a", "recipe": recipe_text}, visibility="private")
    assert (await listed(stranger), await events()) == ([], [])
    assert [each["visibility"] for each in await listed(ann)] == ["private"]


async def test_recipes_are_imported_only_for_an_account_of_the_writer(
    ann: Client, person: Call, stranger: Client, recipe_text: str
) -> None:
    await person("bob")
    body = {"recipes": [{"name": "a", "recipe": recipe_text}], "owner": "bob"}
    assert (await ann.post("/v1/recipes/import", json=body)).json()["code"] == "not-yours"
    assert (await stranger.post("/v1/recipes/import", json=body)).status_code == 401


async def test_a_row_that_is_none_is_named_by_its_place(ann: Client, recipe_text: str) -> None:
    rows = [{"name": "a", "recipe": recipe_text}, {"name": "A B", "recipe": 5, "colour": "red"}]
    answer = await ann.post("/v1/recipes/import", json={"recipes": rows})
    assert answer.status_code == 422
    pointers = {each["pointer"] for each in answer.json()["errors"]}
    assert pointers == {"/recipes/1/name", "/recipes/1/recipe", "/recipes/1/colour"}


async def test_webhooks_get_the_event_of_each_imported_recipe_in_order(
    ann: Client, listen: Call, deliveries: Call, recipe_text: str
) -> None:
    endpoint = await listen(types=["recipe.published"])
    await bring(ann, *({"name": name, "recipe": recipe_text} for name in "ab"))
    names = [each["payload"]["data"]["name"] for each in await deliveries(endpoint)]
    assert names == ["a", "b"]


async def test_an_import_is_in_the_log_that_searches_follow(
    ann: Client, stranger: Client, recipe_text: str
) -> None:
    await bring(ann, *({"name": name, "recipe": recipe_text} for name in "ab"))
    found = await stranger.get("/v1/recipes", params={"q": "owner:ann"})
    assert sorted(each["name"] for each in found.json()["items"]) == ["a", "b"]
    await bring(ann, {"name": "a", "recipe": OTHER})
    found = await stranger.get("/v1/recipes", params={"q": "ingredient:org/other"})
    assert [each["name"] for each in found.json()["items"]] == ["a"]


async def test_imports_of_the_same_recipes_at_once_publish_each_once(
    ann: Client, recipe_text: str, events: Call
) -> None:
    names = [f"soup-{number}" for number in range(20)]
    rows = [{"name": name, "recipe": recipe_text} for name in names]
    both = await asyncio.gather(bring(ann, *rows), bring(ann, *reversed(rows)), bring(ann, *rows))
    told = Counter(each["outcome"] for report in both for each in report["brought"])
    assert told == {"published": 20, "known": 40}
    assert len(await events("recipe.published")) == 20
    assert outcomes(await bring(ann, *rows)) == [(name, 1, "known") for name in names]


async def test_rows_of_a_large_import_are_reported_in_their_order(
    ann: Client, app: FastAPI, until: Call, recipe_text: str
) -> None:
    async def ready() -> bool:
        return bool(app.state.checker.companion.ready())

    wrong = recipe_text.replace("linear", "linaer")
    rows = [{"name": f"r-{at}", "recipe": recipe_text if at % 7 else wrong} for at in range(160)]
    alone = await bring(ann, *rows, dry_run=True)
    await until(ready)
    report = await bring(ann, *rows)
    assert refusals(report) == [(at + 1, f"r-{at}", "recipe-invalid") for at in range(0, 160, 7)]
    assert outcomes(report) == [(f"r-{at}", 1, "published") for at in range(160) if at % 7]
    assert (report["refused"], outcomes(report)) == (alone["refused"], outcomes(alone))
