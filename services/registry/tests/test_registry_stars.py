"""Stars: idempotent, counted exactly, and seen only by those who see the recipe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from registry.changes import ChangeRow
from registry.stars.models import StarRow

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
def publish(ann: Client, recipe_text: str) -> Call:
    async def publish(by: Client = ann, **fields: Any) -> Json:
        answer = await by.post("/v1/recipes", json={"name": "soup", "recipe": recipe_text} | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return publish


def star_of(recipe: Json) -> str:
    return f"/v1/recipes/{recipe['id']}/star"


async def test_a_star_counts_once_and_can_be_taken_back(publish: Call, ann: Client) -> None:
    recipe = await publish()
    assert recipe["stars"] == 0
    at = star_of(recipe)
    none = {"recipe_id": recipe["id"], "starred_at": None, "stars": 0}
    assert (await ann.get(at)).json() == (await ann.delete(at)).json() == none
    first = (await ann.put(at)).json()
    assert first["starred_at"] is not None
    assert first == (await ann.put(at)).json() == (await ann.get(at)).json()
    assert (await ann.get(at[:-5])).json()["stars"] == first["stars"] == 1
    assert (await ann.delete(at)).json() == (await ann.delete(at)).json() == none


async def test_many_who_star_and_unstar_at_once_are_counted_exactly(
    publish: Call, person: Call, ann: Client, transaction: Any
) -> None:
    at, people = star_of(await publish()), [await person(f"p{number}") for number in range(12)]

    async def busy(client: Client, keeps: bool) -> None:
        for method in ("PUT", "PUT", "DELETE", *(["PUT"] if keeps else [])):
            assert (await client.request(method, at)).status_code == 200

    await asyncio.gather(*(busy(client, n % 3 == 0) for n, client in enumerate(people)))
    async with transaction() as session:
        rows = await session.scalar(select(func.count()).select_from(StarRow))
    assert (await ann.get(at)).json()["stars"] == rows == 4


async def test_who_starred_is_listed_newest_first_across_pages(
    publish: Call, person: Call, stranger: Client
) -> None:
    recipe = await publish()
    handles = [f"p{number}" for number in range(5)]
    for handle in handles:
        await (await person(handle)).put(star_of(recipe))
    met: list[str] = []
    path: str | None = f"{star_of(recipe)}s?limit=2"
    while path:
        page = await stranger.get(path)
        met += [each["account"] for each in page.json()["items"]]
        path = page.links.get("next", {}).get("url")
    assert met == handles[::-1]


async def test_one_s_own_stars_are_listed_with_their_recipes(
    publish: Call, person: Call, ann: Client
) -> None:
    eve = await person("eve")
    recipes = [await publish(name=f"soup-{n}", description="x" * 400) for n in range(3)]
    for recipe in recipes:
        await eve.put(star_of(recipe))
    first = (await eve.get("/v1/recipes/starred", params={"limit": 2})).json()
    cursor = {"limit": 2, "cursor": first["next_cursor"]}
    second = (await eve.get("/v1/recipes/starred", params=cursor)).json()
    found = first["items"] + second["items"]
    assert [each["name"] for each in found] == ["soup-2", "soup-1", "soup-0"]
    assert {(each["stars"], len(each["description"])) for each in found} == {(1, 300)}
    assert (await ann.get("/v1/recipes/starred")).json()["items"] == []


async def test_a_private_recipe_s_stars_do_not_exist_for_others(
    publish: Call, person: Call, ann: Client, stranger: Client
) -> None:
    eve, recipe = await person("eve"), await publish()
    assert (await eve.put(star_of(recipe))).status_code == 200
    hidden = await ann.patch(star_of(recipe)[:-5], json={"visibility": "private"}, headers=ANY)
    assert hidden.status_code == 200
    nowhere = {"id": str(uuid4())}
    for method, suffix in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "s")):
        told = [
            (await eve.request(method, f"{star_of(each)}{suffix}")).json()
            for each in (recipe, nowhere)
        ]
        assert told[0]["code"] == "recipe-not-found"
        assert told[0]["detail"].replace(recipe["id"], nowhere["id"]) == told[1]["detail"]
    assert (await eve.get("/v1/recipes/starred")).json()["items"] == []
    assert (await stranger.get(f"{star_of(recipe)}s")).status_code == 404
    assert (await ann.get(f"{star_of(recipe)}s")).json()["items"][0]["account"] == "eve"


async def test_a_star_does_not_refuse_the_owner_s_change(
    publish: Call, person: Call, ann: Client
) -> None:
    recipe = await publish()
    at = star_of(recipe)[:-5]
    read = await ann.get(at)
    await (await person("eve")).put(star_of(recipe))
    again = await ann.get(at, headers={"If-None-Match": read.headers["ETag"]})
    assert (again.status_code, again.json()["stars"]) == (200, 1)  # not taken for the same
    sent = {"If-Match": read.headers["ETag"]}
    changed = await ann.patch(at, json={"title": "Soup"}, headers=sent)
    assert (changed.status_code, changed.json()["stars"]) == (200, 1)
    assert (await ann.patch(at, json={"title": "x"}, headers=sent)).status_code == 412
    assert changed.headers["ETag"] == (await ann.get(at)).headers["ETag"]


async def test_a_star_needs_an_account(publish: Call, worker: Client, stranger: Client) -> None:
    at = star_of(await publish())
    assert (await stranger.put(at)).status_code == 401
    assert (await worker.put(at)).status_code == 403
    assert (await worker.get(at)).json()["code"] == "no-account"
    assert (await worker.get("/v1/recipes/starred")).json()["code"] == "no-account"


async def test_a_recipe_that_is_deleted_takes_its_stars_along(
    publish: Call, ann: Client, transaction: Any
) -> None:
    recipe = await publish()
    await ann.put(star_of(recipe))
    assert (await ann.delete(f"/v1/recipes/{recipe['id']}")).status_code == 204
    async with transaction() as session:
        assert await session.scalar(select(func.count()).select_from(StarRow)) == 0


async def test_only_a_star_that_is_new_or_gone_is_logged(
    publish: Call, ann: Client, transaction: Any
) -> None:
    at, query = star_of(await publish()), select(func.count()).select_from(ChangeRow)
    counts = []
    for method in ("GET", "PUT", "PUT", "DELETE", "DELETE"):
        await ann.request(method, at)
        async with transaction() as session:
            counts.append(await session.scalar(query) or 0)
    assert [each - counts[0] for each in counts] == [0, 1, 1, 2, 2]
