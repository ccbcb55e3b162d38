"""Both Python clients work with a real hub, and have every operation."""

from __future__ import annotations

import asyncio
import inspect
import keyword
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from applications import documents
from running import RunningHub

from mergehub.client import AsyncMergehub, HubError, Mergehub, Stream, api, etag, is_final

SOUP = """
merge_method: linear
models:
  - {model: left, parameters: {weight: 0.5}}
  - {model: right, parameters: {weight: 0.5}}
"""
OPERATIONS = [
    pytest.param(method, path, operation, id=operation["operationId"])
    for document in documents().values()
    for path, methods in document["paths"].items()
    for method, operation in methods.items()
]


@pytest.fixture
def client(hub: RunningHub) -> Iterator[Mergehub]:
    with Mergehub(hub.url, hub.token) as client:
        yield client


def name() -> str:
    return f"python-{uuid4().hex[:12]}"


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_of_the_documents_can_be_called(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    function = getattr(api, operation["operationId"])
    told = operation.get("parameters", [])
    given = {_argument(each["name"]): f"{each['name']}/ü" for each in told}
    if "requestBody" in operation:
        given["body"] = {"some": "thing"}
    assert set(inspect.signature(function).parameters) == set(given)
    request = function(**given).request()
    assert request["method"] == method.upper()
    assert request["url"] == re.sub(r"\{(\w+)\}", r"\1%2F%C3%BC", path)
    for place, field in (("query", "params"), ("header", "headers")):
        named = {each["name"]: f"{each['name']}/ü" for each in told if each["in"] == place}
        assert request[field] == named
    assert (request.get("json") or request.get("data")) == given.get("body")


def _argument(header: str) -> str:
    name = header.lower().replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


def test_no_operation_is_left_that_the_documents_do_not_have() -> None:
    assert sorted(api.__all__) == sorted(each.id for each in OPERATIONS if each.id)


def test_a_published_recipe_is_merged_and_followed_to_its_end(client: Mergehub) -> None:
    recipe = client.send(api.publish_recipe({"name": name(), "recipe": SOUP, "title": "Soup"}))
    version = recipe["version"]["id"]
    run = client.send(
        api.submit_run({"kind": "merge", "recipe_version": version, "model_name": "py/soup"})
    )
    seen = list(client.follow(run["id"]))
    assert seen[-1]["state"] == "succeeded"
    assert [is_final(each) for each in seen].index(True) == len(seen) - 1
    revisions = [each["revision"] for each in seen]
    assert revisions == sorted(set(revisions))
    assert list(client.follow(run["id"], after=revisions[-1])) == []


async def test_many_runs_are_followed_at_once(hub: RunningHub) -> None:
    async def merged(client: AsyncMergehub, number: int) -> str:
        wanted = api.submit_run(
            {"kind": "merge", "recipe": SOUP, "model_name": f"py/soup-{number}"}
        )
        run = await client.send(wanted)
        states = [each["state"] async for each in client.follow(run["id"])]
        return states[-1]

    async with AsyncMergehub(hub.url, hub.token) as client:
        states = await asyncio.gather(*(merged(client, number) for number in range(3)))
        runs = [each["id"] async for each in client.pages(api.list_runs(limit=1))]
    assert states == ["succeeded"] * 3
    assert len(runs) == len(set(runs)) >= 3


def test_pages_go_through_the_whole_list(client: Mergehub) -> None:
    tag = name()
    names = sorted(name() for _ in range(3))
    for each in names:
        client.send(api.publish_recipe({"name": each, "recipe": SOUP, "tags": [tag]}))
    found = client.pages(api.list_recipes(tag=tag, limit=1))
    assert sorted(each["name"] for each in found) == names


def test_a_refusal_names_each_fault(client: Mergehub) -> None:
    wrong = SOUP.replace("weight", "wieght", 1)
    with pytest.raises(HubError) as refused:
        client.send(api.publish_recipe({"name": name(), "recipe": wrong}))
    error = refused.value
    assert (error.status, error.code) == (422, "recipe-invalid")
    assert error.type == "/docs/problems/registry/recipe-invalid"
    assert error.request_id
    (fault,) = error.faults
    assert "wieght" in fault.pointer
    assert "weight" in str(fault.suggestion)


def test_the_same_key_takes_effect_once(client: Mergehub) -> None:
    call = api.submit_run(
        {"kind": "evaluate", "model": "base", "benchmarks": ["next"], "hardware": "gpu"},
        idempotency_key=name(),
    )
    first, second = client.send(call), client.send(call)
    assert first["id"] == second["id"]
    assert client.send(api.cancel_run(first["id"]))["state"] == "cancelled"


def test_who_changes_what_somebody_else_has_changed_is_told_so(client: Mergehub) -> None:
    made = client.send(api.publish_recipe({"name": name(), "recipe": SOUP}))
    recipe = client.send(api.get_recipe(made["id"]))
    change = api.update_recipe(made["id"], {"title": "Mine"}, if_match=etag(recipe))
    changed = client.send(change)
    assert changed["title"] == "Mine"
    with pytest.raises(HubError) as late:
        client.send(change)
    assert (late.value.status, late.value.code) == (412, "precondition-failed")
    with pytest.raises(HubError) as known:
        client.send(api.get_recipe(made["id"], if_none_match=etag(changed)))
    assert (known.value.status, known.value.code) == (304, "not-modified")
    with pytest.raises(TypeError, match="that a call returned"):
        etag(dict(recipe))


def test_what_is_no_json_and_what_is_nothing(client: Mergehub) -> None:
    recipe = client.send(api.publish_recipe({"name": name(), "recipe": SOUP}))
    assert client.send(api.get_recipe_source(recipe["id"], 1)) == SOUP
    token = client.send(api.create_token({"name": name(), "scopes": ["recipes:read"]}))
    told = client.send(api.introspect_token({"token": token["token"]}))
    assert told["active"]
    client.send(api.revoke_token(token["id"]))
    assert not client.send(api.introspect_token({"token": token["token"]}))["active"]


def test_one_stream_can_be_read_alone(client: Mergehub) -> None:
    wanted: Any = {"kind": "evaluate", "model": "base", "benchmarks": ["next"], "hardware": "gpu"}
    run = client.send(api.submit_run(wanted))
    client.send(api.cancel_run(run["id"]))
    call = api.follow_run(run["id"])
    assert isinstance(call, Stream)
    (event,) = client.events(call)
    assert event.event == "run"
    assert '"cancelled"' in event.data
