"""A revoked token: refused at once by the replica that revoked it, soon by others, for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from mergehub.kit.background.resources import Resources
from mergehub.kit.settings.service import ServiceSettings
from registry.app import create_app
from registry.tokens.authenticator import TableAuthenticator
from registry.tokens.settings import accept_settings_tokens

Json = dict[str, Any]
ADDRESS = "/v1/tokens"


@pytest.fixture(scope="module")
async def replica(settings: ServiceSettings) -> AsyncIterator[FastAPI]:
    """Another process of the registry, with a token cache of its own."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def made(owner: httpx.AsyncClient) -> Json:
    answer = await owner.post(ADDRESS, json={"name": "leaked", "scopes": ["recipes:read"]})
    return answer.json()


async def status(app: FastAPI, token: str) -> int:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        headers = {"Authorization": f"Bearer {token}"}
        return (await client.get(ADDRESS, headers=headers)).status_code


async def test_it_is_in_force_here_at_once(
    app: FastAPI, owner: httpx.AsyncClient, made: Json
) -> None:
    assert await status(app, made["token"]) == 200
    assert (await owner.delete(f"{ADDRESS}/{made['id']}")).status_code == 204
    assert await status(app, made["token"]) == 401


async def test_it_is_in_force_in_a_replica_as_soon_as_it_is_told(
    app: FastAPI, replica: FastAPI, owner: httpx.AsyncClient, made: Json,
    until: Callable[..., Awaitable[None]],
) -> None:  # fmt: skip
    assert await status(replica, made["token"]) == 200
    await owner.delete(f"{ADDRESS}/{made['id']}")

    async def refused() -> bool:
        return await status(replica, made["token"]) == 401

    await until(refused)


async def test_a_disabled_person_is_out_in_a_replica_as_soon_as_it_is_told(
    replica: FastAPI, owner: httpx.AsyncClient, person: Callable[..., Awaitable[httpx.AsyncClient]],
    until: Callable[..., Awaitable[None]],
) -> None:  # fmt: skip
    ann = await person("ann")
    token = ann.headers["authorization"].removeprefix("Bearer ")
    assert await status(replica, token) == 200
    path = "/v1/accounts/ann"
    await owner.patch(path, json={"disabled": True}, headers={"If-Match": "*"})

    async def refused() -> bool:
        return await status(replica, token) == 401

    await until(refused)


async def test_calls_that_may_have_been_lost_count_as_calls(
    replica: FastAPI, made: Json, transaction: Any, until: Callable[..., Awaitable[None]]
) -> None:
    assert await status(replica, made["token"]) == 200
    async with transaction() as session:
        await session.execute(text("UPDATE tokens SET revoked_at = now() WHERE name = 'leaked'"))
    assert await status(replica, made["token"]) == 200, "kept for 30 seconds at most"
    async with transaction() as session:
        listening = "query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
        end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {listening}"
        await session.execute(text(end))

    async def refused() -> bool:
        return await status(replica, made["token"]) == 401

    await until(refused)


async def test_it_may_be_repeated_and_stays_visible(owner: httpx.AsyncClient, made: Json) -> None:
    address = f"{ADDRESS}/{made['id']}"
    answers = await asyncio.gather(*(owner.delete(address) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {204}
    first = (await owner.get(address)).json()["revoked_at"]
    assert first is not None
    await owner.delete(address)
    assert (await owner.get(address)).json()["revoked_at"] == first
    assert made["id"] not in (await owner.get(ADDRESS)).text
    revoked = (await owner.get(ADDRESS, params={"revoked": True})).json()["items"]
    assert made["id"] in [each["id"] for each in revoked]


async def test_nobody_makes_a_token_with_a_revoked_one(
    replica: FastAPI, owner: httpx.AsyncClient, made: Json, transaction: Any
) -> None:
    assert await status(replica, made["token"]) == 200
    async with transaction() as session:  # without a signal, so that the replica still keeps it
        await session.execute(text("UPDATE tokens SET revoked_at = now() WHERE name = 'leaked'"))
    transport = httpx.ASGITransport(replica)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        headers = {"Authorization": f"Bearer {made['token']}"}
        body = {"name": "child", "scopes": ["recipes:read"]}
        assert (await client.post(ADDRESS, json=body, headers=headers)).status_code == 401


async def test_there_is_no_token_of_that_id(owner: httpx.AsyncClient) -> None:
    answer = await owner.delete(f"{ADDRESS}/{0:032x}")
    assert (answer.status_code, answer.json()["code"]) == (404, "token-not-found")


async def test_a_token_of_the_settings_is_revoked_where_it_is_set(
    owner: httpx.AsyncClient,
) -> None:
    found = (await owner.get(ADDRESS)).json()["items"]
    mine = next(each for each in found if each["name"] == "owner")
    answer = await owner.delete(f"{ADDRESS}/{mine['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "token-of-settings")
    detail = answer.json()["detail"]
    assert detail.startswith("Nothing was revoked: the token 'owner' comes from MERGEHUB_BOOTSTRAP")
    assert "remove that file" in detail


async def test_a_token_that_the_settings_no_longer_name_is_gone(
    resources: Resources, settings: ServiceSettings
) -> None:
    table = TableAuthenticator(resources.database)
    token = settings.worker_token.get_secret_value()
    for current, valid in ((settings.model_copy(update={"worker_token": None}), False),
                           (settings, True)):  # fmt: skip
        async with resources.database.transaction() as session:
            await accept_settings_tokens(session, current)
        assert (await table.principal(token) is not None) is valid
    await table.settle()


async def test_a_new_start_with_the_same_settings_changes_nothing(
    resources: Resources, settings: ServiceSettings, owner: httpx.AsyncClient
) -> None:
    before = (await owner.get(ADDRESS)).json()
    async with resources.database.transaction() as session:
        await accept_settings_tokens(session, settings)
    assert [each["id"] for each in (await owner.get(ADDRESS)).json()["items"]] == [
        each["id"] for each in before["items"]
    ]


async def test_a_changed_setting_is_in_force_in_replicas(
    replica: FastAPI, resources: Resources, settings: ServiceSettings, empty: None,
    until: Callable[..., Awaitable[None]],
) -> None:  # fmt: skip
    old = settings.worker_token.get_secret_value()
    assert await status(replica, old) == 200
    rotated = settings.model_copy(update={"worker_token": SecretStr("mgh_rotated")})
    async with resources.database.transaction() as session:
        await accept_settings_tokens(session, rotated)

    async def refused() -> bool:
        return await status(replica, old) == 401

    await until(refused)
    async with resources.database.transaction() as session:
        await accept_settings_tokens(session, settings)
