"""Quotas: no account exceeds them, not even with many requests at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from mergehub.kit.settings.service import ServiceSettings
from registry.app import create_app

Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}
RECIPE = "merge_method: linear\nmodels: [{model: a}, {model: b}]\n"

CASES = [
    ("recipes", 403, "/v1/recipes", {"name": "r{}", "recipe": RECIPE}),
    ("runs_active", 429, "/v1/runs", {"kind": "merge", "recipe": RECIPE, "model_name": "m{}"}),
    ("runs_a_day", 429, "/v1/runs", {"kind": "merge", "recipe": RECIPE, "model_name": "m{}"}),
    ("webhooks", 403, "/v1/webhooks", {"url": "http://127.0.0.1:9/{}"}),
    ("tokens", 403, "/v1/tokens", {"name": "t{}", "scopes": ["recipes:read"]}),
    ("organisations", 403, "/v1/accounts", {"handle": "lab-{}"}),
]


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
def limit(owner: Client) -> Call:
    async def limit(name: str, at_most: int | None, account: str = "ann") -> None:
        path = f"/v1/accounts/{account}/quotas/{name}"
        answer = await owner.put(path, json={"limit": at_most})
        assert answer.status_code == 200, answer.text

    return limit


def body_of(case: dict[str, Any], number: int) -> dict[str, Any]:
    filled = {k: v.replace("{}", str(number)) if isinstance(v, str) else v for k, v in case.items()}
    return filled | ({"recipe": RECIPE} if "recipe" in case else {})


async def used(client: Client, name: str, account: str = "ann") -> int:
    quotas = (await client.get(f"/v1/accounts/{account}/quotas")).json()["items"]
    return next(each["used"] for each in quotas if each["name"] == name)


@pytest.mark.parametrize(("name", "status", "path", "case"), CASES, ids=[c[0] for c in CASES])
async def test_many_at_once_are_no_more_than_the_quota(
    ann: Client, limit: Call, name: str, status: int, path: str, case: dict[str, Any]
) -> None:
    await limit(name, 3)
    answers = await asyncio.gather(
        *(ann.post(path, json=body_of(case, number)) for number in range(8))
    )
    assert sorted(answer.is_success for answer in answers) == [False] * 5 + [True] * 3
    refused = next(answer for answer in answers if not answer.is_success)
    assert refused.status_code == status
    assert refused.json()["code"] == ("quota-exceeded" if status == 403 else "run-quota-exceeded")
    assert f"its quota {name} is 3" in refused.json()["detail"]
    assert await used(ann, name) == 3


async def test_what_ended_makes_room(ann: Client, limit: Call, transaction: Any) -> None:
    await limit("runs_active", 1)
    run = {"kind": "merge", "recipe": RECIPE, "model_name": "m"}
    first = (await ann.post("/v1/runs", json=run)).json()
    assert (await ann.post("/v1/runs", json=run)).status_code == 429
    await ann.post(f"/v1/runs/{first['id']}/cancel")
    second = await ann.post("/v1/runs", json=run)
    assert second.status_code == 202
    again = await ann.post(f"/v1/runs/{first['id']}/retry")
    assert (again.status_code, again.json()["code"]) == (429, "run-quota-exceeded")
    await limit("runs_a_day", 2)
    await ann.post(f"/v1/runs/{second.json()['id']}/cancel")
    assert (await ann.post("/v1/runs", json=run)).status_code == 429
    async with transaction() as session:
        long_ago = "UPDATE runs SET created_at = created_at - interval '1 day'"
        await session.execute(text(long_ago))
    assert (await ann.post("/v1/runs", json=run)).status_code == 202


async def test_a_revoked_token_makes_room(ann: Client, limit: Call) -> None:
    await limit("tokens", 1)
    body = {"name": "one", "scopes": ["recipes:read"]}
    made = await ann.post("/v1/tokens", json=body)
    assert (await ann.post("/v1/tokens", json=body | {"name": "two"})).status_code == 403
    await ann.delete(f"/v1/tokens/{made.json()['id']}")
    assert (await ann.post("/v1/tokens", json=body)).status_code == 201


async def test_an_organisations_things_count_for_it(ann: Client, limit: Call) -> None:
    await ann.post("/v1/accounts", json={"handle": "lab"})
    await limit("recipes", 1, "lab")
    await limit("recipes", 0, "ann")
    body = {"name": "one", "owner": "lab", "recipe": RECIPE}
    assert (await ann.post("/v1/recipes", json=body)).status_code == 201
    refused = await ann.post("/v1/recipes", json=body | {"name": "two"})
    assert "lab has 1 recipes" in refused.json()["detail"]
    refused = await ann.post("/v1/recipes", json={"name": "mine", "recipe": RECIPE})
    assert "ann has 0 recipes" in refused.json()["detail"]


async def test_a_repeated_request_is_counted_once(ann: Client, limit: Call) -> None:
    await limit("recipes", 1)
    body, key = {"name": "one", "recipe": RECIPE}, {"Idempotency-Key": "k"}
    for _ in range(3):
        assert (await ann.post("/v1/recipes", json=body, headers=key)).status_code == 201


@pytest.fixture
async def strict(settings: ServiceSettings) -> AsyncIterator[FastAPI]:
    """The same hub with other quotas."""
    app = create_app(settings.model_copy(update={"quotas": {"recipes": 0, "webhooks": None}}))
    async with app.router.lifespan_context(app):
        yield app


async def test_settings_say_what_all_may_have(
    ann: Client, owner: Client, strict: FastAPI, limit: Call
) -> None:
    async def limits(client: Client) -> dict[str, int | None]:
        quotas = (await client.get("/v1/accounts/ann/quotas")).json()["items"]
        return {each["name"]: each["limit"] for each in quotas}

    body = {"name": "r", "recipe": RECIPE}
    assert (await limits(ann))["runs_a_day"] == 500
    options = {"transport": httpx.ASGITransport(strict), "base_url": "http://hub"}
    async with httpx.AsyncClient(headers=ann.headers, **options) as there:
        told = await limits(there)
        assert (told["recipes"], told["webhooks"], told["tokens"]) == (0, None, 50)
        assert (await there.post("/v1/recipes", json=body)).status_code == 403
        await limit("recipes", None)
        assert (await there.post("/v1/recipes", json=body)).status_code == 201
        await owner.delete("/v1/accounts/ann/quotas/recipes")
        assert (await limits(there))["recipes"] == 0


async def test_whoever_runs_the_hub_has_no_quota(owner: Client) -> None:
    quotas = (await owner.get("/v1/accounts/local/quotas")).json()["items"]
    assert {each["limit"] for each in quotas} == {None}


async def test_an_operator_with_a_quota_is_held_to_it(
    owner: Client, limit: Call, events: Call
) -> None:
    await limit("recipes", 1, "local")
    for name, status in (("first", 201), ("second", 403), ("first", 403)):
        answer = await owner.post("/v1/recipes", json={"name": name, "recipe": RECIPE})
        assert answer.status_code == status, answer.text
    published = [each for each in await events() if each["type"] == "recipe.published"]
    trail = (await owner.get("/v1/accounts/audit")).json()["items"]
    assert [each["data"]["name"] for each in published] == ["first"]
    assert [each["action"] for each in trail].count("recipe.published") == 1


async def test_quotas_are_read_by_members_and_set_by_administrators(
    ann: Client, person: Call, stranger: Client
) -> None:
    eve, path = await person("eve"), "/v1/accounts/ann/quotas"
    assert (await eve.get(path)).status_code == 404
    assert (await stranger.get(path)).status_code == 401
    for client, status in ((ann, 403), (eve, 403), (stranger, 401)):
        assert (await client.put(f"{path}/recipes", json={"limit": 9})).status_code == status
        assert (await client.delete(f"{path}/recipes")).status_code == status


async def test_setting_them_is_written_down(owner: Client, ann: Client, limit: Call) -> None:
    await limit("recipes", 7)
    await owner.delete("/v1/accounts/ann/quotas/recipes")
    trail = (await owner.get("/v1/accounts/audit")).json()["items"]
    assert [(each["action"], each["subject"]) for each in trail] == [
        ("quota.reset", "accounts/ann/quotas/recipes"),
        ("quota.set", "accounts/ann/quotas/recipes"),
    ]


async def test_an_unknown_quota_or_account_is_told_so(owner: Client) -> None:
    answer = await owner.put("/v1/accounts/local/quotas/dogs", json={"limit": 1})
    assert answer.status_code == 422
    answer = await owner.put("/v1/accounts/nobody/quotas/recipes", json={"limit": 1})
    assert answer.status_code == 404
