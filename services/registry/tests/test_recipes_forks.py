"""Forks and twins: where a recipe came from, and which others are the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
async def bob(person: Call) -> Client:
    return await person("bob")


@pytest.fixture
def publish(ann: Client, recipe_text: str) -> Call:
    async def publish(name: str = "soup", by: Client = ann, **fields: Any) -> Json:
        body = {"name": name, "recipe": recipe_text, **fields}
        answer = await by.post("/v1/recipes", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return publish


@pytest.fixture
def fork(bob: Client) -> Call:
    async def fork(recipe: Json, by: Client = bob, **fields: Any) -> Json:
        answer = await by.post(f"/v1/recipes/{recipe['id']}/fork", json=fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return fork


def reference(recipe: Json) -> Json:
    version = recipe["version"]
    return {
        "recipe": recipe["id"], "version": version["id"], "number": version["number"],
        "owner": recipe["owner"], "name": recipe["name"],
    }  # fmt: skip


async def seen(client: Client, recipe: Json) -> Json:
    return (await client.get(f"/v1/recipes/{recipe['id']}")).json()


async def change(client: Client, recipe: Json, **fields: Any) -> None:
    answer = await client.patch(f"/v1/recipes/{recipe['id']}", json=fields, headers=ANY)
    assert answer.status_code == 200, answer.text


async def test_a_fork_is_a_copy_that_keeps_its_origin(
    publish: Call, fork: Call, stranger: Client, events: Call
) -> None:
    about = {"title": "Soup", "description": "Good", "tags": ["x"], "licence": "MIT License"}
    origin = await publish(**about, domains=["law"])
    made = await fork(origin)
    same = ("name", "title", "description", "tags", "domains", "licence", "visibility")
    assert {name: made[name] for name in same} == {name: origin[name] for name in same}
    assert (made["owner"], made["licence"], made["version"]["number"]) == ("bob", "mit", 1)
    assert made["version"]["digest"] == origin["version"]["digest"]
    assert made["forked_from"] == reference(origin)
    texts = [
        (await stranger.get(f"/v1/recipes/{each['id']}/versions/1/source")).text
        for each in (origin, made)
    ]
    assert texts[0] == texts[1]
    assert [each["recipe"] for each in await events("recipe.published")] == [
        origin["id"], made["id"],
    ]  # fmt: skip


async def test_what_is_given_replaces_what_is_taken_over(publish: Call, fork: Call) -> None:
    made = await fork(await publish(), name="stew", title="Stew", tags=[], visibility="private")
    assert [made[name] for name in ("name", "title", "tags", "visibility")] == [
        "stew", "Stew", [], "private",
    ]  # fmt: skip


async def test_an_older_version_can_be_forked(
    publish: Call, fork: Call, ann: Client, bob: Client, recipe_text: str
) -> None:
    origin = await publish()
    later = recipe_text.replace("0.5", "0.25")
    await ann.post(f"/v1/recipes/{origin['id']}/versions", json={"recipe": later})
    first, newest = await fork(origin, version=1), await fork(origin, name="newest")
    assert (first["forked_from"]["number"], newest["forked_from"]["number"]) == (1, 2)
    assert first["version"]["digest"] == origin["version"]["digest"]
    assert newest["version"]["digest"] != origin["version"]["digest"]
    missing = await bob.post(f"/v1/recipes/{origin['id']}/fork", json={"version": 3})
    assert (missing.status_code, missing.json()["code"]) == (404, "recipe-not-found")


async def test_forks_follow_a_renamed_origin_and_are_listed(
    publish: Call, fork: Call, ann: Client, stranger: Client
) -> None:
    origin = await publish()
    made = [await fork(origin, name=f"fork-{number}") for number in range(3)]
    await change(ann, origin, name="stew")
    assert (await seen(stranger, made[0]))["forked_from"]["name"] == "stew"
    names, address = [], f"/v1/recipes/{origin['id']}/forks?limit=2"
    while address:
        page = await stranger.get(address)
        names += [each["name"] for each in page.json()["items"]]
        address = page.links.get("next", {}).get("url")
    assert names == ["fork-2", "fork-1", "fork-0"]


async def test_the_count_of_forks_is_that_of_the_public_ones(
    publish: Call, fork: Call, ann: Client, bob: Client
) -> None:
    origin = await publish()

    async def count() -> int:
        return (await seen(ann, origin))["forks"]

    made = await fork(origin)
    hidden = await fork(origin, name="hidden", visibility="private")
    assert await count() == 1
    for fields, expected in (
        ({"visibility": "public"}, 2), ({"archived": True}, 1), ({"visibility": "unlisted"}, 1),
        ({"archived": False}, 1), ({"visibility": "public"}, 2), ({"title": "T"}, 2),
        ({"visibility": "private", "archived": True}, 1),
    ):  # fmt: skip
        await change(bob, hidden, **fields)
        assert await count() == expected, fields
    assert (await bob.delete(f"/v1/recipes/{made['id']}")).status_code == 204
    assert await count() == 0


async def test_a_private_fork_is_no_fork_to_others(
    publish: Call, fork: Call, ann: Client, bob: Client, stranger: Client
) -> None:
    origin = await publish()
    await fork(origin, visibility="private")
    for client, expected in ((ann, 0), (stranger, 0), (bob, 1)):
        page = await client.get(f"/v1/recipes/{origin['id']}/forks")
        assert len(page.json()["items"]) == expected


@pytest.mark.parametrize("visibility", ["private", "unlisted"])
async def test_an_origin_that_no_list_shows_is_no_origin_to_others(
    publish: Call, fork: Call, ann: Client, stranger: Client, visibility: str
) -> None:
    origin = await publish()
    made = await fork(origin)
    await change(ann, origin, visibility=visibility)
    assert (await seen(stranger, made))["forked_from"] is None
    assert (await seen(ann, made))["forked_from"] == reference(origin)
    listed = (await stranger.get("/v1/recipes")).json()["items"]
    assert [each["forked_from"] for each in listed] == [None]


async def test_a_private_recipe_is_forked_by_those_who_see_it_and_stays_private(
    publish: Call, fork: Call, ann: Client, bob: Client
) -> None:
    origin = await publish(visibility="private")
    refused = await bob.post(f"/v1/recipes/{origin['id']}/fork", json={})
    assert refused.status_code == 404
    assert (await fork(origin, by=ann, name="mine"))["visibility"] == "private"


async def test_a_fork_is_refused_for_what_publishing_is_refused_for(
    publish: Call, bob: Client, person: Call
) -> None:
    origin = await publish()
    await publish(by=bob)
    at = f"/v1/recipes/{origin['id']}/fork"
    reader = await person("eve", "recipes:read")
    for client, body, code in (
        (bob, {}, "recipe-name-taken"), (bob, {"owner": "ann", "name": "x"}, "not-yours"),
        (reader, {"name": "x"}, "forbidden"), (bob, {"nmae": "x"}, "invalid"),
    ):  # fmt: skip
        refused = await client.post(at, json=body)
        assert refused.json()["code"] == code
    nowhere = await bob.post(f"/v1/recipes/{uuid4()}/fork", json={})
    assert nowhere.json()["code"] == "recipe-not-found"


async def test_a_repeated_fork_is_one_even_if_its_origin_has_become_private(
    publish: Call, ann: Client, bob: Client
) -> None:
    origin, answers = await publish(), []
    for _ in range(2):
        key = {"Idempotency-Key": "k"}
        answers.append(await bob.post(f"/v1/recipes/{origin['id']}/fork", json={}, headers=key))
        await change(ann, origin, visibility="private")
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"


async def test_publishing_recognises_the_same_recipe(
    publish: Call, ann: Client, bob: Client, recipe_text: str
) -> None:
    first = await publish()
    assert first["twins"] == []
    reformatted = f"# other words\n{recipe_text}"
    second = await publish("stew", by=bob, recipe=reformatted)
    assert [without_time(each) for each in second["twins"]] == [reference(first)]
    other = recipe_text.replace("0.5", "0.25")
    third = await publish("third", by=bob, recipe=other)
    assert third["twins"] == []
    again = await ann.post(f"/v1/recipes/{first['id']}/versions", json={"recipe": other})
    assert [without_time(each) for each in again.json()["twins"]] == [reference(third)]


async def test_a_check_names_the_recipes_that_are_the_same_as_far_as_one_may_see_them(
    publish: Call, ann: Client, bob: Client, stranger: Client, recipe_text: str
) -> None:
    async def twins(client: Client, text: str) -> list[str]:
        answer = await client.post("/v1/recipes/check", json={"recipe": text})
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json()["twins"]]

    assert await twins(stranger, recipe_text) == []
    for visibility in ("public", "private", "unlisted"):
        await publish(visibility, visibility=visibility)
    await change(ann, await publish("archived"), archived=True)
    same, other = f"# other words\n{recipe_text}", recipe_text.replace("0.5", "0.25")
    assert await twins(ann, same) == ["public", "private", "unlisted"]
    assert await twins(bob, same) == await twins(stranger, same) == ["public"]
    assert await twins(ann, other) == []


def without_time(twin: Json) -> Json:
    return {name: value for name, value in twin.items() if name != "created_at"}


async def test_twins_are_listed_the_oldest_first_page_by_page(
    publish: Call, stranger: Client
) -> None:
    recipes = [await publish(f"recipe-{number}") for number in range(4)]
    twins, address = [], f"/v1/recipes/{recipes[2]['id']}/versions/1/twins?limit=2"
    while address:
        page = await stranger.get(address)
        twins += page.json()["items"]
        address = page.links.get("next", {}).get("url")
    assert [without_time(each) for each in twins] == [
        reference(recipes[number]) for number in (0, 1, 3)
    ]


async def test_twins_are_those_that_lists_show(
    publish: Call, ann: Client, bob: Client, stranger: Client
) -> None:
    mine = await publish()
    hidden = [
        await publish(visibility, visibility=visibility) for visibility in ("private", "unlisted")
    ]
    archived = await publish("old")
    await change(ann, archived, archived=True)
    assert (await publish("theirs", by=bob))["twins"][0]["recipe"] == mine["id"]
    at = f"/v1/recipes/{mine['id']}/versions/1/twins"
    for client, expected in ((ann, [*(each["name"] for each in hidden), "theirs"]),
                             (bob, ["theirs"]), (stranger, ["theirs"])):  # fmt: skip
        listed = (await client.get(at)).json()["items"]
        assert [each["name"] for each in listed] == expected
    of_hidden = f"/v1/recipes/{hidden[0]['id']}/versions/1/twins"
    assert (await stranger.get(of_hidden)).status_code == 404
