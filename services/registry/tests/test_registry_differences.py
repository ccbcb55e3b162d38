"""`/v1/recipes/diff`: by meaning, and only of versions that the caller may see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from registry.differences import service

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
def published(ann: Client, recipe_text: str) -> Call:
    """The id of the only version of a new recipe."""

    async def published(name: str, *changes: tuple[str, str], **fields: Any) -> str:
        text = recipe_text
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        answer = await ann.post("/v1/recipes", json={"name": name, "recipe": text} | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["version"]["id"]

    return published


async def compared(client: Client, old: str, new: str) -> Json:
    answer = await client.get("/v1/recipes/diff", params={"from": old, "to": new})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_two_versions_differ_in_what_they_merge_and_how(
    published: Call, stranger: Client
) -> None:
    old = await published("soup")
    new = await published(
        "stew", ("model: org/second", "model: org/third"), ("bfloat16", "float32")
    )
    answer = await compared(stranger, old, new)
    sides = [(each["id"], each["owner"], each["name"]) for each in (answer["old"], answer["new"])]
    assert sides == [(old, "ann", "soup"), (new, "ann", "stew")]
    found = [(each["change"], each["path"]) for each in answer["differences"]]
    assert answer["total"] == len(found) == 3
    assert found == [
        ("removed", "ingredient org/second"),
        ("added", "ingredient org/third"),
        ("changed", "dtype"),
    ]
    assert answer["differences"][1]["new"] == {"model": "org/third", "parameters": {"weight": 0.5}}
    assert (answer["differences"][2]["old"], answer["differences"][2]["new"]) == (
        "bfloat16", "float32",
    )  # fmt: skip


async def test_versions_of_one_digest_do_not_differ(published: Call, stranger: Client) -> None:
    same = await published("soup"), await published("stew", ("# two models, half and half\n", ""))
    answer = await compared(stranger, *same)
    assert answer["old"]["digest"] == answer["new"]["digest"]
    assert (answer["total"], answer["differences"]) == (0, [])


async def test_a_version_that_the_caller_may_not_see_is_not_there(
    published: Call, ann: Client, stranger: Client
) -> None:
    public, secret = await published("soup"), await published("stew", visibility="private")
    assert (await compared(ann, public, secret))["total"] == 0
    nowhere = str(uuid4())
    for sides in ((public, "{}"), ("{}", public), ("{}", "{}")):
        told = []
        for hidden in (secret, nowhere):
            old, new = (each.replace("{}", hidden) for each in sides)
            answer = await stranger.get("/v1/recipes/diff", params={"from": old, "to": new})
            told.append((answer.status_code, answer.text.replace(hidden, "")))
        assert told[0] == told[1]
        assert told[0][0] == 404


async def test_an_answer_has_a_bounded_number_of_differences(
    published: Call, stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST", 1)
    old, new = await published("soup"), await published("stew", ("org/first", "org/x"))
    answer = await compared(stranger, old, new)
    assert (answer["total"], len(answer["differences"])) == (2, 1)


async def test_what_is_not_an_id_is_refused_by_its_name(stranger: Client) -> None:
    answer = await stranger.get("/v1/recipes/diff", params={"from": "soup@1"})
    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {"/query/from", "/query/to"}
