"""Filters of boards with values that the hub does not know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from leaderboard.models.following import LineageFollower
from mergehub.kit.near_names import LONGEST, near_names


@pytest.fixture
async def known(
    registry: Any, follower: LineageFollower, caught_up: Callable[[], Awaitable[None]]
) -> None:
    """A merge on a base, both measured, and what lineage says of them."""
    lineage = registry.lineage
    lineage.say("mistralai/Mistral-7B-v0.1", architecture="MistralForCausalLM")
    lineage.say(
        "ann/soup",
        "mistralai/Mistral-7B-v0.1",
        architecture="MistralForCausalLM",
        licence="my-own-licence",
        domains=["cooking"],
        method="my_own_method",
    )
    for model in ("ann/soup", "mistralai/Mistral-7B-v0.1"):
        registry.score(model, "dates", "1100", precision="bfloat16")
    await caught_up()
    while await follower.turn(wait=0):
        pass


@pytest.mark.parametrize(
    ("name", "value", "near"),
    [
        ("method", "tise", "ties"),
        ("method", "my_own_methd", "my_own_method"),
        ("domain", "mahts", "maths"),
        ("domain", "cookin", "cooking"),
        ("precision", "bflaot16", "bfloat16"),
        ("licence", "apache-2.1", "apache-2.0"),
        ("licence", "my-own-license", "my-own-licence"),
    ],
)
@pytest.mark.parametrize("path", ["", "/facets", "/points"])
async def test_an_unknown_value_of_a_closed_set_is_refused_with_the_nearest(
    known: None, client: httpx.AsyncClient, path: str, name: str, value: str, near: str
) -> None:
    answer = await client.get(f"/v1/boards/overall{path}", params={name: value})
    assert answer.status_code == 422, answer.text
    [fault] = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == (f"/query/{name}", f"unknown_{name}")
    assert repr(value) in fault["detail"]
    assert fault["suggestion"] == f"did you mean {near!r}?"


async def test_all_unknown_values_are_named_at_once(client: httpx.AsyncClient) -> None:
    asked = {"method": ["ties", "tise", "slrep"], "precision": "x"}
    answer = await client.get("/v1/uplift/table", params=asked)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "Not valid: /query/method, /query/precision."
    assert [each["pointer"] for each in answer.json()["errors"]] == [
        *("/query/method", "/query/method", "/query/precision")
    ]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("precision", "BF16", 2),
        ("precision", "torch.bfloat16", 2),
        ("precision", "unknown", 0),
        ("precision", "float16", 0),
        ("method", "unknown", 1),
        ("method", "ties", 0),
        ("domain", "cooking", 1),
        ("domain", "maths", 0),
        ("domain", "Mathematics", 0),
        ("licence", "my-own-licence", 1),
        ("licence", "Apache 2.0", 0),
    ],
)
async def test_known_values_are_taken_also_if_no_row_has_them(
    known: None, client: httpx.AsyncClient, name: str, value: str, found: int
) -> None:
    answer = await client.get("/v1/boards/overall", params={name: value})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["matching"], answer.json()["suggestions"]) == (found, [])


@pytest.mark.parametrize(
    ("name", "value", "near"),
    [
        ("base", "mistralai/Mistral-7B-v0.2", ["mistralai/Mistral-7B-v0.1"]),
        ("base", "mistral-7b", ["mistralai/Mistral-7B-v0.1"]),
        ("base", "mistrel-7b-v0.1", ["mistralai/Mistral-7B-v0.1"]),
        ("base", "quite/another", []),
        ("family", "Mistal", ["mistral"]),
        ("family", "zzz", []),
    ],
)
async def test_an_unknown_base_or_family_has_near_names(
    known: None, client: httpx.AsyncClient, name: str, value: str, near: list[str]
) -> None:
    found = (await client.get("/v1/boards/overall", params={name: value})).json()
    assert found["items"] == []
    assert found["suggestions"] == [{"filter": name, "value": value, "near": near}]


async def test_a_known_base_and_an_unknown_family_are_no_cause_to_suggest(
    known: None, client: httpx.AsyncClient
) -> None:
    asked = {"base": "MISTRALAI/mistral-7b-v0.1", "family": ["unknown", "mistral"]}
    found = (await client.get("/v1/boards/overall", params=asked)).json()
    assert ([row["model"] for row in found["items"]], found["suggestions"]) == (["ann/soup"], [])


def test_names_that_contain_the_asked_one_come_before_those_that_are_like_it() -> None:
    known = ["b/llama-3-8b", "a/llama-2-7b", "c/Llama-3-8B-it", "d/phi"]
    assert near_names("LLAMA-3", known) == ["b/llama-3-8b", "c/Llama-3-8B-it", "a/llama-2-7b"]
    assert near_names("a/lama-2-7b", known)[0] == "a/llama-2-7b"
    assert near_names("d/", known) == ["d/phi"]


@pytest.mark.parametrize("asked", ["", "x" * (LONGEST + 1), "nothing like it"])
def test_nothing_is_near_a_name_that_is_empty_long_or_unlike(asked: str) -> None:
    assert near_names(asked, ["x" * LONGEST]) == []
