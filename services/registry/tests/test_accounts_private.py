"""Private objects: who sees them, and that no other caller finds a trace of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from receiver import Receiver

from mergehub.contracts.hardware import SUITABLE
from mergehub.kit.background.resources import Resources
from mergehub.kit.events.doorbell import queue_name
from registry.background import make_relay
from registry.webhooks.sending.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
async def lab(ann: Client) -> str:
    """An organisation of Ann's."""
    assert (await ann.post("/v1/accounts", json={"handle": "lab"})).status_code == 201
    return "lab"


@pytest.fixture
async def others(
    person: Call, stranger: Client, worker: Client, ann: Client, lab: str
) -> list[Client]:
    """Callers who must not see them: no token, another person, a worker, a token alone."""
    return [stranger, await person("eve"), worker, await person("mallory", "recipes:read")]


@pytest.fixture
async def members(person: Call, ann: Client, owner: Client, lab: str) -> dict[str, Client]:
    """Callers who may see them, by their role."""
    found = {"owner": ann, "admin": owner}
    for role in ("writer", "reader"):
        found[role] = await person(f"the-{role}")
        path = f"/v1/accounts/lab/members/the-{role}"
        assert (await ann.put(path, json={"role": role}, headers=ANY)).status_code == 200
    return found


@pytest.fixture
def publish(ann: Client, lab: str, recipe_text: str) -> Call:
    """Publish a private recipe of the lab; arguments replace fields of the request."""

    async def publish(by: Client = ann, **fields: Any) -> Json:
        body = {"name": "secret", "owner": "lab", "visibility": "private", "recipe": recipe_text}
        answer = await by.post("/v1/recipes", json=body | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return publish


@pytest.fixture
def run_of(ann: Client) -> Call:
    """Submit a merge of a recipe's newest version."""

    async def run_of(recipe: Json, by: Client = ann, **fields: Any) -> Json:
        body = {"kind": "merge", "recipe_version": recipe["version"]["id"], "model_name": "x"}
        answer = await by.post("/v1/runs", json=body | fields)
        assert answer.status_code == 202, answer.text
        return answer.json()

    return run_of


@pytest.fixture
def merge(claim: Call, report: Call) -> Call:
    """Let a worker do a run."""

    async def merge(run: Json) -> None:
        assert (await report(await claim(run))).status_code == 200

    return merge


def addresses(recipe: Json, run: Json) -> list[str]:
    at, of_run = f"/v1/recipes/{recipe['id']}", f"/v1/runs/{run['id']}"
    return [
        at, f"{at}/versions", f"{at}/versions/1", f"{at}/versions/1/source",
        of_run, f"{of_run}/items?benchmark=x", f"{of_run}/events", f"{of_run}?wait=1",
    ]  # fmt: skip


async def test_for_others_a_private_thing_does_not_exist(
    publish: Call, run_of: Call, others: list[Client]
) -> None:
    recipe = await publish()
    run = await run_of(recipe)
    assert (run["owner"], run["visibility"]) == ("lab", "private")
    for client in others:
        for address in addresses(recipe, run):
            answer = await client.get(address)
            assert answer.status_code == 404, address
            assert answer.json()["code"] in ("recipe-not-found", "run-not-found")
        for path in ("/v1/recipes", "/v1/recipes?name=secret", "/v1/recipes?owner=lab"):
            assert (await client.get(path)).json()["items"] == []
        for path in ("/v1/runs", "/v1/runs?owner=lab", "/v1/runs?state=queued"):
            assert (await client.get(path)).json()["items"] == []


async def test_others_get_the_answer_that_nothing_gets(publish: Call, person: Call) -> None:
    recipe, eve = await publish(), await person("eve")
    at, nowhere = f"/v1/recipes/{recipe['id']}", f"/v1/recipes/{uuid4()}"
    body = {"title": "mine"}
    for method, sent in (("GET", None), ("PATCH", body)):
        told = [
            await eve.request(method, address, json=sent, headers=ANY) for address in (at, nowhere)
        ]
        found, missing = (each.json() for each in told)
        assert told[0].status_code == told[1].status_code == 404
        assert found | {"detail": ""} == missing | {"detail": ""}
        assert found["detail"].replace(at[-36:], nowhere[-36:]) == missing["detail"]


async def test_for_members_it_is_there(
    publish: Call, run_of: Call, merge: Call, members: dict[str, Client]
) -> None:
    recipe = await publish()
    run = await run_of(recipe)
    await merge(run)
    for role, client in members.items():
        for address in addresses(recipe, run):
            if "items" not in address:
                assert (await client.get(address)).status_code == 200, (role, address)
        listed = (await client.get("/v1/recipes", params={"owner": "lab"})).json()["items"]
        assert [each["visibility"] for each in listed] == ["private"]
        assert len((await client.get("/v1/runs")).json()["items"]) == 1


async def test_readers_read_and_writers_write(
    publish: Call, run_of: Call, members: dict[str, Client], recipe_text: str
) -> None:
    recipe = await publish()
    at = f"/v1/recipes/{recipe['id']}"
    changed = recipe_text.replace("0.5", "0.25")
    run = {"kind": "merge", "recipe_version": recipe["version"]["id"], "model_name": "lab/x"}
    requests = [
        ("PATCH", at, {"title": "T"}, 200),
        ("POST", f"{at}/versions", {"recipe": changed}, 201),
        ("POST", "/v1/runs", run, 202),
        ("POST", "/v1/recipes", {"name": "two", "owner": "lab", "recipe": recipe_text}, 201),
        ("POST", f"/v1/runs/{(await run_of(recipe))['id']}/cancel", {}, 200),
    ]
    for method, path, body, status in requests:
        refused = await members["reader"].request(method, path, json=body, headers=ANY)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-yours"), path
        done = await members["writer"].request(method, path, json=body, headers=ANY)
        assert done.status_code == status, done.text


async def test_nobody_changes_what_is_public_and_anothers(
    publish: Call, run_of: Call, person: Call, recipe_text: str
) -> None:
    recipe, eve = await publish(visibility="public"), await person("eve")
    at, run = f"/v1/recipes/{recipe['id']}", await run_of(recipe)
    requests = [
        ("PATCH", at, {"visibility": "private"}),
        ("POST", f"{at}/versions", {"recipe": recipe_text}),
        ("POST", f"/v1/runs/{run['id']}/cancel", {}),
        ("POST", f"/v1/runs/{run['id']}/retry", {}),
        ("POST", "/v1/recipes", {"name": "x", "owner": "lab", "recipe": recipe_text}),
        ("POST", "/v1/recipes", {"name": "x", "owner": "nobody", "recipe": recipe_text}),
        ("POST", "/v1/recipes", {"name": "x", "owner": "ann", "recipe": recipe_text}),
    ]
    for method, path, body in requests:
        refused = await eve.request(method, path, json=body, headers=ANY)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-yours"), path


async def test_what_anybody_makes_of_a_public_recipe_is_their_own(
    publish: Call, run_of: Call, person: Call
) -> None:
    eve = await person("eve")
    run = await run_of(await publish(visibility="public"), by=eve)
    assert (run["owner"], run["visibility"]) == ("eve", "public")


async def test_two_owners_may_choose_the_same_name(
    publish: Call, person: Call, stranger: Client
) -> None:
    await publish(visibility="public")
    await publish(by=await person("eve"), owner=None, visibility="public")
    found = (await stranger.get("/v1/recipes", params={"name": "secret"})).json()["items"]
    assert [each["owner"] for each in found] == ["eve", "lab"]


async def test_nothing_is_told_of_it(
    publish: Call, run_of: Call, merge: Call, ann: Client, events: Call, resources: Resources
) -> None:
    recipe = await publish()
    await merge(await run_of(recipe))
    ann_public = {"name": "open", "recipe": "merge_method: linear\nmodels: [{model: a}]\n"}
    await ann.post("/v1/recipes", json=ann_public)
    await run_of(recipe)
    told = await events()
    assert [(each["sequence"], each["type"]) for each in told] == [(1, "recipe.published")]
    assert told[0]["data"]["name"] == "open"
    stream = await resources.redis.xrange("mergehub:events")
    assert len(stream) == 1
    assert recipe["id"] not in str(stream)


async def test_workers_hear_of_it_and_do_it(
    publish: Call, run_of: Call, merge: Call, resources: Resources, ann: Client
) -> None:
    run = await run_of(await publish())
    while await make_relay(resources).publish_due():
        pass
    for hardware in SUITABLE["cpu"]:
        waiting = await resources.redis.zrange(queue_name(hardware), 0, -1)
        assert any(run["id"] in str(each) for each in waiting)
    await merge(run)
    assert (await ann.get(f"/v1/runs/{run['id']}")).json()["state"] == "succeeded"


async def test_the_workers_list_does_not_give_it_away(
    publish: Call, run_of: Call, claim: Call, worker: Client, ann: Client, stranger: Client
) -> None:
    beat = {"hardware": "cpu", "capacity": {}, "version": "1"}
    await worker.put("/v1/workers/worker-1", json=beat)
    run = await run_of(await publish())
    await claim(run)
    for client, seen in ((ann, run["id"]), (stranger, None)):
        [told] = (await client.get("/v1/workers")).json()["items"]
        assert (told["run"] or {}).get("id") == seen


async def test_what_is_made_of_something_private_is_private(
    publish: Call, run_of: Call, merge: Call, ann: Client, person: Call, stranger: Client
) -> None:
    run = await run_of(await publish())
    await merge(run)
    evaluate = {"kind": "evaluate", "model": f"run:{run['id']}", "benchmarks": ["dates"]}
    second = (await ann.post("/v1/runs", json=evaluate)).json()
    again = f"merge_method: linear\nmodels: [{{model: 'run:{run['id']}'}}, {{model: b}}]\n"
    merge_again = {"kind": "merge", "recipe": again, "model_name": "y"}
    third = (await ann.post("/v1/runs", json=merge_again)).json()
    for made in (second, third):
        assert (made["owner"], made["visibility"]) == ("lab", "private"), made
        assert (await stranger.get(f"/v1/runs/{made['id']}")).status_code == 404
    eve = await person("eve")
    for body in (evaluate, merge_again):
        refused = await eve.post("/v1/runs", json=body)
        assert refused.json()["errors"][0]["code"] == "unknown-run"


async def test_a_private_version_is_no_version_to_others(publish: Call, person: Call) -> None:
    recipe, eve = await publish(), await person("eve")
    body = {"kind": "merge", "recipe_version": recipe["version"]["id"], "model_name": "x"}
    refused = await eve.post("/v1/runs", json=body)
    assert refused.json()["errors"][0]["code"] == "unknown-version"


async def test_private_things_of_two_accounts_do_not_mix(
    publish: Call, run_of: Call, merge: Call, ann: Client
) -> None:
    of_lab = await run_of(await publish())
    of_ann = await run_of(await publish(owner=None))
    for run in (of_lab, of_ann):
        await merge(run)
    mixed = "merge_method: linear\nmodels:\n" + "".join(
        f"  - model: run:{run['id']}\n" for run in (of_lab, of_ann)
    )
    body = {"kind": "merge", "recipe": mixed, "model_name": "x"}
    refused = await ann.post("/v1/runs", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "private-mixed")


async def set_visibility(client: Client, recipe: Json, visibility: str) -> None:
    answer = await client.patch(
        f"/v1/recipes/{recipe['id']}", json={"visibility": visibility}, headers=ANY
    )
    assert answer.json()["visibility"] == visibility, answer.text


async def test_once_public_everything_is_told(
    publish: Call, run_of: Call, merge: Call, events: Call, ann: Client, stranger: Client
) -> None:
    recipe = await publish()
    run = await run_of(recipe)
    await merge(run)
    kept_back = await publish(name="other")
    assert await events() == []
    await set_visibility(ann, recipe, "public")
    told = await events()
    assert [each["type"] for each in told] == [
        "recipe.published", "run.queued", "run.started", "run.succeeded", "model.produced",
    ]  # fmt: skip
    assert [each["sequence"] for each in told] == [1, 2, 3, 4, 5]
    for address in addresses(recipe, run):
        if "items" not in address:
            assert (await stranger.get(address)).status_code == 200
    assert (await stranger.get(f"/v1/recipes/{kept_back['id']}")).status_code == 404


async def test_once_private_its_owners_runs_are_private_and_anothers_are_not(
    publish: Call, run_of: Call, events: Call, ann: Client, person: Call, stranger: Client
) -> None:
    recipe, eve = await publish(owner=None, visibility="public"), await person("eve")
    mine, hers = await run_of(recipe), await run_of(recipe, by=eve)
    before = len(await events())
    await set_visibility(ann, recipe, "private")
    assert (await stranger.get(f"/v1/runs/{mine['id']}")).status_code == 404
    assert (await ann.get(f"/v1/runs/{mine['id']}")).status_code == 200
    assert (await stranger.get(f"/v1/runs/{hers['id']}")).status_code == 200
    await ann.post(f"/v1/runs/{mine['id']}/cancel")
    assert len(await events()) == before, "events that were sent stay, later ones are held back"


async def test_a_run_that_is_submitted_meanwhile_does_not_slip_through(
    publish: Call, run_of: Call, ann: Client, stranger: Client
) -> None:
    recipe = await publish(owner=None, visibility="public")
    runs, _ = await asyncio.gather(
        asyncio.gather(*(run_of(recipe) for _ in range(8))),
        set_visibility(ann, recipe, "private"),
    )
    assert (await stranger.get("/v1/runs")).json()["items"] == []
    listed = (await ann.get("/v1/runs")).json()["items"]
    assert {each["id"] for each in listed} == {each["id"] for each in runs}
    assert {each["visibility"] for each in listed} == {"private"}


async def test_a_run_of_two_recipes_is_private_while_one_of_them_is(
    publish: Call, run_of: Call, merge: Call, ann: Client
) -> None:
    first = await publish(owner=None, name="first")
    made = await run_of(first)
    await merge(made)
    text = f"merge_method: linear\nmodels: [{{model: 'run:{made['id']}'}}, {{model: b}}]\n"
    second = await publish(owner=None, name="second", recipe=text)
    both = await run_of(second)

    async def seen() -> str:
        return (await ann.get(f"/v1/runs/{both['id']}")).json()["visibility"]

    assert await seen() == "private"
    await set_visibility(ann, second, "public")
    assert await seen() == "private"
    await set_visibility(ann, first, "public")
    assert await seen() == "public"
    await set_visibility(ann, first, "private")
    assert await seen() == "private"


async def test_only_webhooks_of_its_owner_hear_of_it(
    publish: Call, run_of: Call, person: Call, ann: Client, owner: Client, receiver: Receiver,
    sender: Sender,
) -> None:  # fmt: skip
    eve = await person("eve")
    endpoints = {}
    for name, client, fields in (
        ("eve", eve, {}), ("ann", ann, {}), ("admin", owner, {}), ("lab", ann, {"owner": "lab"}),
    ):  # fmt: skip
        answer = await client.post("/v1/webhooks", json={"url": receiver.url, **fields})
        assert answer.status_code == 201, answer.text
        endpoints[name] = client, answer.json()["id"]
    await run_of(await publish())
    replay = {"since": "2026-01-01T00:00:00Z", "only": "all"}
    for name, (client, number) in endpoints.items():
        asked = await client.post(f"/v1/webhooks/{number}/replay", json=replay)
        assert asked.status_code == 202
        log = (await client.get(f"/v1/webhooks/{number}/deliveries")).json()["items"]
        expected = {"recipe.published", "run.queued"} if name == "lab" else set()
        assert {each["type"] for each in log} == expected, name


async def test_webhooks_are_seen_by_those_who_may_change_them(
    members: dict[str, Client], person: Call, ann: Client, receiver: Receiver
) -> None:
    body = {"url": receiver.url, "owner": "lab"}
    made = (await ann.post("/v1/webhooks", json=body)).json()
    assert made["owner"] == "lab"
    at = f"/v1/webhooks/{made['id']}"
    eve = await person("eve")
    for method, path, sent in (
        ("GET", at, None), ("PATCH", at, {"enabled": False}), ("POST", f"{at}/rotate", None),
        ("POST", f"{at}/test", None), ("GET", f"{at}/deliveries", None),
        ("GET", f"{at}/deliveries/1", None), ("POST", f"{at}/deliveries/1/replay", None),
        ("POST", f"{at}/replay", {"since": "2026-01-01T00:00:00Z"}), ("DELETE", at, None),
    ):  # fmt: skip
        for client in (eve, members["reader"]):
            refused = await client.request(method, path, json=sent, headers=ANY)
            assert refused.status_code == 404, (method, path)
    for client, seen in ((eve, 0), (members["reader"], 0), (members["writer"], 1), (ann, 1)):
        assert len((await client.get("/v1/webhooks")).json()["items"]) == seen
    refused = await members["reader"].post("/v1/webhooks", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-yours")


async def test_whoever_leaves_sees_it_no_more(
    publish: Call, members: dict[str, Client], ann: Client
) -> None:
    recipe = await publish()
    at = f"/v1/recipes/{recipe['id']}"
    assert (await members["reader"].get(at)).status_code == 200
    await ann.delete("/v1/accounts/lab/members/the-reader", headers=ANY)
    assert (await members["reader"].get(at)).status_code == 404


async def test_whoever_leaves_follows_it_no_more(
    publish: Call, run_of: Call, members: dict[str, Client], ann: Client, app: FastAPI,
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]],
) -> None:  # fmt: skip
    run = await run_of(await publish())
    headers = members["reader"].headers
    async with (
        serving(app) as url,
        Client(base_url=url, headers=headers) as reader,
        reader.stream("GET", f"/v1/runs/{run['id']}/events") as stream,
    ):
        lines = stream.aiter_lines()
        assert [await anext(lines) for _ in range(2)] == ["id: 1", "event: run"]
        await ann.delete("/v1/accounts/lab/members/the-reader", headers=ANY)
        await ann.post(f"/v1/runs/{run['id']}/cancel")
        assert "cancelled" not in "".join([line async for line in lines])


async def test_a_token_that_is_not_valid_is_not_taken_for_none(
    publish: Call, stranger: Client
) -> None:
    headers = {"Authorization": "Bearer mgh_wrong"}
    for path in ("/v1/recipes", "/v1/runs", f"/v1/recipes/{(await publish())['id']}"):
        assert (await stranger.get(path, headers=headers)).status_code == 401


async def test_an_answer_is_repeated_to_its_own_caller_alone(
    person: Call, recipe_text: str, ann: Client
) -> None:
    eve = await person("eve")
    key = {"Idempotency-Key": "k"}
    body = {"name": "soup", "visibility": "private", "recipe": recipe_text}
    answers = [await client.post("/v1/recipes", json=body, headers=key) for client in (ann, eve)]
    assert [answer.json()["owner"] for answer in answers] == ["ann", "eve"]


async def test_who_made_it_private_or_public_is_written_down(
    publish: Call, ann: Client, owner: Client
) -> None:
    recipe = await publish(visibility="public")
    for visibility in ("private", "public"):
        await set_visibility(ann, recipe, visibility)
    subject = {"subject": f"recipes/{recipe['id']}"}
    trail = (await owner.get("/v1/accounts/audit", params=subject)).json()["items"]
    assert [(each["account"], each["action"]) for each in reversed(trail)] == [
        ("ann", "recipe.published"),
        ("ann", "recipe.changed"),
        ("ann", "recipe.made-private"),
        ("ann", "recipe.changed"),
        ("ann", "recipe.made-public"),
    ]
