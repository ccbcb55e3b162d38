"""Names of recipes: found by name, changed, and former names that lead to the present one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from registry.recipes.names import MOST_FORMER

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
def publish(ann: Client, recipe_text: str) -> Call:
    async def publish(name: str, by: Client = ann, **fields: Any) -> Json:
        body = {"name": name, "recipe": recipe_text, **fields}
        answer = await by.post("/v1/recipes", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return publish


async def rename(client: Client, recipe: Json, name: str) -> httpx.Response:
    return await client.patch(f"/v1/recipes/{recipe['id']}", json={"name": name}, headers=ANY)


def at(owner: str, name: str) -> str:
    return f"/v1/recipes/named/{owner}/{name}"


async def test_a_recipe_is_found_by_its_name_in_any_case(publish: Call, stranger: Client) -> None:
    recipe = await publish("soup")
    by_id = await stranger.get(f"/v1/recipes/{recipe['id']}")
    for path in (at("ann", "soup"), at("Ann", "SOUP")):
        by_name = await stranger.get(path)
        assert (by_name.status_code, by_name.json()) == (200, by_id.json())
        assert by_name.headers["etag"] == by_id.headers["etag"]


async def test_former_names_lead_to_the_present_one_however_often_it_changed(
    publish: Call, ann: Client, stranger: Client
) -> None:
    recipe = await publish("first")
    for name in ("second", "third", "fourth"):
        assert (await rename(ann, recipe, name)).json()["name"] == name
    for former in ("first", "second", "THIRD"):
        answer = await stranger.get(at("ann", former))
        assert (answer.status_code, answer.headers["location"]) == (308, at("ann", "fourth"))
    followed = await stranger.get(at("ann", "first"), follow_redirects=True)
    assert followed.json()["id"] == recipe["id"]


async def test_a_former_name_is_taken_back_and_leads_nowhere_else(
    publish: Call, ann: Client, stranger: Client
) -> None:
    recipe = await publish("first")
    for name in ("second", "first"):
        assert (await rename(ann, recipe, name)).status_code == 200
    assert (await stranger.get(at("ann", "first"))).status_code == 200
    moved = await stranger.get(at("ann", "second"))
    assert moved.headers["location"] == at("ann", "first")


async def test_a_former_name_is_reserved_for_its_recipe(
    publish: Call, ann: Client, person: Call, recipe_text: str
) -> None:
    recipe, other = await publish("first"), await publish("other")
    await rename(ann, recipe, "second")
    again = await ann.post("/v1/recipes", json={"name": "first", "recipe": recipe_text})
    taken = await rename(ann, other, "first")
    for refused in (again, taken, await rename(ann, other, "second")):
        assert (refused.status_code, refused.json()["code"]) == (409, "recipe-name-taken")
    assert (await ann.get(at("ann", "other"))).status_code == 200
    assert (await publish("first", by=await person("bob")))["owner"] == "bob"


async def test_of_renames_and_publications_of_one_name_at_once_one_has_it(
    publish: Call, ann: Client, recipe_text: str
) -> None:
    recipes = [await publish(f"recipe-{number}") for number in range(4)]
    answers = await asyncio.gather(
        *(rename(ann, each, "wanted") for each in recipes),
        *(
            ann.post("/v1/recipes", json={"name": "wanted", "recipe": recipe_text})
            for _ in range(3)
        ),
    )
    codes = sorted(each.status_code for each in answers)
    assert codes[0] in (200, 201)
    assert codes[1:] == [409] * 6


async def test_a_name_that_is_given_up_meanwhile_is_not_free(
    publish: Call, ann: Client, recipe_text: str
) -> None:
    recipe = await publish("wanted")
    renamed, *others = await asyncio.gather(
        rename(ann, recipe, "another"),
        *(
            ann.post("/v1/recipes", json={"name": "wanted", "recipe": recipe_text})
            for _ in range(4)
        ),
    )
    assert renamed.status_code == 200
    assert [each.status_code for each in others] == [409] * 4


async def test_former_names_are_bounded(
    publish: Call, ann: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_FORMER == 50
    monkeypatch.setattr("registry.recipes.names.MOST_FORMER", 2)
    recipe = await publish("a")
    assert [(await rename(ann, recipe, name)).status_code for name in "bc"] == [200, 200]
    refused = await rename(ann, recipe, "d")
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-names")
    assert (await rename(ann, recipe, "a")).status_code == 200


async def test_a_renaming_is_on_record(publish: Call, ann: Client, owner: Client) -> None:
    recipe = await publish("soup")
    await rename(ann, recipe, "soup")
    await rename(ann, recipe, "stew")
    subject = {"subject": f"recipes/{recipe['id']}", "action": "recipe.renamed"}
    trail = (await owner.get("/v1/accounts/audit", params=subject)).json()["items"]
    assert [each["account"] for each in trail] == ["ann"]
