"""Recipes with a licence, unlisted, archived and deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}
VERIFIED = (
    "INSERT INTO reproductions (run_id, merge_id, version_id, recipe_id, owner, same, counted)"
    " VALUES (:run, :run, :version, :recipe, 'bob', true, false)"
)


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


async def change(client: Client, recipe: Json, **fields: Any) -> httpx.Response:
    return await client.patch(f"/v1/recipes/{recipe['id']}", json=fields, headers=ANY)


async def run_of(client: Client, recipe: Json, name: str = "x") -> httpx.Response:
    body = {"kind": "merge", "recipe_version": recipe["version"]["id"], "model_name": name}
    return await client.post("/v1/runs", json=body)


async def names(client: Client, **asked: Any) -> list[str]:
    found = (await client.get("/v1/recipes", params=asked)).json()["items"]
    return [each["name"] for each in found]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("apache-2.0", "apache-2.0"), ("Apache License 2.0", "apache-2.0"), ("other", "other")],
)
async def test_a_licence_has_one_spelling(publish: Call, given: str, kept: str) -> None:
    assert (await publish(licence=given))["licence"] == kept


async def test_a_licence_that_is_not_known_is_refused_with_the_nearest(
    ann: Client, recipe_text: str
) -> None:
    body = {"name": "soup", "recipe": recipe_text, "licence": "apache-2.1"}
    for path in ("/v1/recipes", "/v1/recipes/check"):
        sent = body if path == "/v1/recipes" else {k: body[k] for k in ("recipe", "licence")}
        refused = await ann.post(path, json=sent)
        assert refused.status_code == 422
        (fault,) = refused.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("/licence", "unknown_licence")
        assert "did you mean apache-2.0?" in fault["detail"]


async def test_a_licence_is_changed_and_removed(publish: Call, ann: Client) -> None:
    recipe = await publish(licence="mit")
    assert (await change(ann, recipe, title="T")).json()["licence"] == "mit"
    assert (await change(ann, recipe, licence="GPLv3")).json()["licence"] == "gpl-3.0"
    assert (await change(ann, recipe, licence=None)).json()["licence"] is None


async def test_an_unlisted_recipe_is_read_by_whoever_has_its_id_or_name(
    publish: Call, stranger: Client, bob: Client, ann: Client
) -> None:
    recipe = await publish(visibility="unlisted")
    assert recipe["visibility"] == "unlisted"
    at = f"/v1/recipes/{recipe['id']}"
    readable = ("", "/versions", "/versions/1", "/versions/1/source", "/versions/1/twins", "/forks")
    for client in (stranger, bob, ann):
        for path in (*(f"{at}{each}" for each in readable), "/v1/recipes/named/ann/soup"):
            assert (await client.get(path)).status_code == 200, path


async def test_no_list_and_no_event_shows_an_unlisted_recipe(
    publish: Call, stranger: Client, bob: Client, ann: Client, events: Call
) -> None:
    recipe = await publish(visibility="unlisted")
    for client, expected in ((stranger, []), (bob, []), (ann, ["soup"])):
        assert await names(client) == expected
        assert await names(client, name="soup", owner="ann") == expected
        near = await client.get("/v1/recipes", params={"name": "sop"})
        assert near.json()["suggestions"] == [f"ann/{each}" for each in expected]
    assert await events() == []
    await change(ann, recipe, visibility="private")
    assert (await stranger.get(f"/v1/recipes/{recipe['id']}")).status_code == 404
    assert await events() == []
    await change(ann, recipe, visibility="public")
    assert [each["type"] for each in await events()] == ["recipe.published"]


async def test_who_reads_an_unlisted_recipe_may_not_change_it(publish: Call, bob: Client) -> None:
    recipe = await publish(visibility="unlisted")
    refused = await change(bob, recipe, title="mine")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-yours")


async def test_runs_of_an_unlisted_recipe_are_private_to_who_submits_them(
    publish: Call, bob: Client, ann: Client, stranger: Client, events: Call
) -> None:
    recipe = await publish(visibility="unlisted")
    mine, theirs = (await run_of(ann, recipe)).json(), (await run_of(bob, recipe)).json()
    for run, owner in ((mine, "ann"), (theirs, "bob")):
        assert (run["owner"], run["visibility"]) == (owner, "private")
    for client, seen in ((ann, mine), (bob, theirs)):
        listed = (await client.get("/v1/runs")).json()["items"]
        assert [each["id"] for each in listed] == [seen["id"]]
    await change(ann, recipe, visibility="public")
    assert (await stranger.get(f"/v1/runs/{mine['id']}")).status_code == 200
    assert (await stranger.get(f"/v1/runs/{theirs['id']}")).status_code == 404
    assert {each["type"] for each in await events()} == {"recipe.published", "run.queued"}


async def test_a_run_stays_private_while_the_recipe_of_another_is_not_public(
    publish: Call, bob: Client, ann: Client, claim: Call, report: Call
) -> None:
    unlisted = await publish(visibility="unlisted")
    made = (await run_of(bob, unlisted)).json()
    await report(await claim(made))
    text = f"merge_method: linear\nmodels: [{{model: 'run:{made['id']}'}}, {{model: b}}]\n"
    own = await publish("own", by=bob, visibility="private", recipe=text)
    both = (await run_of(bob, own)).json()
    await change(bob, own, visibility="public")
    assert (await bob.get(f"/v1/runs/{both['id']}")).json()["visibility"] == "private"


async def test_each_visibility_becomes_each_other_and_is_on_record(
    publish: Call, ann: Client, owner: Client
) -> None:
    recipe = await publish()
    for visibility in ("private", "unlisted", "public", "unlisted", "private", "public"):
        assert (await change(ann, recipe, visibility=visibility)).json()["visibility"] == visibility
    subject = {"subject": f"recipes/{recipe['id']}"}
    trail = (await owner.get("/v1/accounts/audit", params=subject)).json()["items"]
    made = [each["action"] for each in reversed(trail) if ".made-" in each["action"]]
    assert made == [
        f"recipe.made-{each}"
        for each in ("private", "unlisted", "public", "unlisted", "private", "public")
    ]


async def test_an_archived_recipe_is_read_and_run_but_not_listed_or_continued(
    publish: Call, ann: Client, bob: Client, stranger: Client, recipe_text: str
) -> None:
    recipe, other = await publish(), await publish("other")
    archived = (await change(ann, recipe, archived=True)).json()
    assert archived["archived_at"] is not None
    assert await names(stranger) == ["other"]
    assert await names(stranger, archived="yes") == ["soup"]
    assert (await stranger.get("/v1/recipes/named/ann/soup")).json() == archived
    assert (await run_of(bob, recipe)).status_code == 202
    version = {"recipe": recipe_text.replace("0.5", "0.25")}
    refused = await ann.post(f"/v1/recipes/{recipe['id']}/versions", json=version)
    assert (refused.status_code, refused.json()["code"]) == (409, "recipe-archived")
    assert refused.json()["detail"] == (
        "ann/soup is archived, and gets no new versions. Unarchive it, or fork it."
    )
    assert (await bob.post(f"/v1/recipes/{recipe['id']}/fork", json={})).status_code == 201
    again = (await change(ann, recipe, archived=True)).json()
    assert again["archived_at"] == archived["archived_at"]
    assert (await change(ann, recipe, archived=False)).json()["archived_at"] is None
    assert (await ann.post(f"/v1/recipes/{recipe['id']}/versions", json=version)).is_success
    assert await names(stranger, owner="ann") == ["other", "soup"]
    assert other["archived_at"] is None


async def test_a_recipe_from_which_nothing_came_is_deleted_with_its_names(
    publish: Call, ann: Client, owner: Client
) -> None:
    recipe = await publish()
    await change(ann, recipe, name="stew")
    at = f"/v1/recipes/{recipe['id']}"
    assert (await ann.delete(at)).status_code == 204
    for path in (at, f"{at}/versions/1", "/v1/recipes/named/ann/soup",
                 "/v1/recipes/named/ann/stew"):  # fmt: skip
        assert (await ann.get(path)).status_code == 404, path
    assert (await ann.delete(at)).status_code == 404
    assert {(await publish(name))["name"] for name in ("soup", "stew")} == {"soup", "stew"}
    subject = {"subject": f"recipes/{recipe['id']}", "action": "recipe.deleted"}
    trail = (await owner.get("/v1/accounts/audit", params=subject)).json()["items"]
    assert [each["account"] for each in trail] == ["ann"]


async def test_a_recipe_from_which_something_came_is_not_deleted(
    publish: Call, ann: Client, bob: Client, claim: Call, report: Call
) -> None:
    recipe = await publish()
    await report(await claim((await run_of(bob, recipe, "bob/stew")).json()))
    await run_of(ann, recipe)
    await bob.post(f"/v1/recipes/{recipe['id']}/fork", json={})
    refused = await ann.delete(f"/v1/recipes/{recipe['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "recipe-needed")
    assert refused.json()["detail"] == (
        "ann/soup is the origin of 2 runs, 1 model (bob/stew) and 1 fork (bob/soup). "
        "Archive it instead."
    )
    assert (await ann.get(f"/v1/recipes/{recipe['id']}")).status_code == 200


async def test_what_the_owner_may_not_see_keeps_no_recipe(
    publish: Call, ann: Client, bob: Client
) -> None:
    recipe = await publish()
    made = await bob.post(f"/v1/recipes/{recipe['id']}/fork", json={"visibility": "private"})
    hidden = (await run_of(bob, made.json())).json()
    assert hidden["visibility"] == "private"
    assert (await ann.delete(f"/v1/recipes/{recipe['id']}")).status_code == 204
    fork = (await bob.get(f"/v1/recipes/{made.json()['id']}")).json()
    assert fork["forked_from"] is None
    assert (await change(bob, fork, visibility="public")).status_code == 200
    assert (await bob.get(f"/v1/runs/{hidden['id']}")).json()["visibility"] == "public"


async def test_a_private_run_of_another_account_keeps_its_recipe_no_more_than_a_private_fork(
    publish: Call, ann: Client, bob: Client, transaction: Callable[[], Any]
) -> None:
    recipe = await publish(visibility="unlisted")
    run = (await run_of(bob, recipe)).json()
    await bob.put(f"/v1/recipes/{recipe['id']}/star")
    async with transaction() as session:
        verified = {"run": run["id"], "version": recipe["version"]["id"], "recipe": recipe["id"]}
        await session.execute(text(VERIFIED), verified)
    assert (await ann.delete(f"/v1/recipes/{recipe['id']}")).status_code == 204
    kept = (await bob.get(f"/v1/runs/{run['id']}")).json()
    assert kept["spec"]["recipe"].startswith("# two models")
    assert (await bob.post(f"/v1/runs/{run['id']}/cancel")).json()["state"] == "cancelled"
    assert (await bob.post(f"/v1/runs/{run['id']}/retry")).json()["state"] == "queued"


@pytest.mark.parametrize("what", ["run", "fork"])
async def test_a_recipe_is_deleted_or_used_but_not_both(
    publish: Call, ann: Client, bob: Client, what: str
) -> None:
    for number in range(4):
        recipe = await publish(f"soup-{number}")
        at = f"/v1/recipes/{recipe['id']}"
        use = run_of(bob, recipe) if what == "run" else bob.post(f"{at}/fork", json={})
        used, deleted = await asyncio.gather(use, ann.delete(at))
        assert (used.is_success, deleted.status_code) in ((True, 409), (False, 204))
        assert used.status_code in (201, 202, 404, 422), used.text


async def test_deletions_and_changes_of_forks_at_once_do_not_wait_for_each_other_for_ever(
    publish: Call, ann: Client, bob: Client
) -> None:
    origin = await publish()
    at = f"/v1/recipes/{origin['id']}"
    forks = [
        (await bob.post(f"{at}/fork", json={"name": f"fork-{number}"})).json()
        for number in range(6)
    ]
    answers = await asyncio.gather(
        *(change(bob, each, visibility="private") for each in forks[:3]),
        *(bob.delete(f"/v1/recipes/{each['id']}") for each in forks[3:]),
        *(run_of(bob, each) for each in (*forks[:3], origin)),
        *(change(ann, origin, title=f"T{number}") for number in range(3)),
    )
    assert {each.status_code for each in answers} <= {200, 202, 204}
    assert (await ann.get(at)).json()["forks"] == 0


async def test_only_who_may_write_deletes(publish: Call, bob: Client, stranger: Client) -> None:
    at = f"/v1/recipes/{(await publish())['id']}"
    hidden = f"/v1/recipes/{(await publish('hidden', visibility='private'))['id']}"
    assert (await bob.delete(at)).json()["code"] == "not-yours"
    assert (await bob.delete(hidden)).json()["code"] == "recipe-not-found"
    assert (await stranger.delete(at)).status_code == 401


async def test_every_change_is_in_the_log_that_searches_follow(
    publish: Call, ann: Client, bob: Client, transaction: Callable[[], Any]
) -> None:
    recipe = await publish()
    at = f"/v1/recipes/{recipe['id']}"

    async def logged(change: Awaitable[httpx.Response], *recipes: Json) -> None:
        """What a request changes; the recipes are looked up before, since it may delete them."""
        async with transaction() as session:
            query = text("SELECT number FROM recipes WHERE CAST(id AS text) = ANY(:ids)")
            numbers = set(await session.scalars(query, {"ids": [each["id"] for each in recipes]}))
            before = await session.scalar(text("SELECT coalesce(max(id), 0) FROM changes"))
        assert (await change).is_success
        async with transaction() as session:
            query = text("SELECT unnest(recipes) FROM changes WHERE id > :before")
            assert numbers <= set(await session.scalars(query, {"before": before}))

    await logged(change(ann, recipe, name="stew"), recipe)
    await logged(change(ann, recipe, archived=True), recipe)
    await logged(bob.post(f"{at}/fork", json={}), recipe)
    fork = (await bob.get(f"{at}/forks")).json()["items"][0]
    await logged(change(bob, fork, visibility="private"), recipe, fork)
    await logged(change(bob, fork, visibility="public"), recipe, fork)
    await logged(bob.delete(f"/v1/recipes/{fork['id']}"), recipe, fork)
    await logged(ann.delete(at), recipe)
