"""`/v1/tokens`: what a token may grant, when it expires, and that it is shown once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from mergehub.kit.identity.tokens import hash_token
from registry.tokens.authenticator import TableAuthenticator

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
As = Callable[[Json], httpx.AsyncClient]

ADDRESS = "/v1/tokens"


@pytest.fixture
def make(owner: httpx.AsyncClient) -> Make:
    """Make a token, as the operator or with another client."""

    async def make(name: str, *scopes: str, by: httpx.AsyncClient = owner, **fields: Any) -> Json:
        answer = await by.post(ADDRESS, json={"name": name, "scopes": scopes, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
def holding(app: FastAPI) -> As:
    """A client that sends a made token."""

    def holding(made: Json) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {made['token']}"}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://hub", headers=headers
        )

    return holding


async def publishes(client: httpx.AsyncClient) -> int:
    """The status of publishing a faulty recipe: 422 if the token is valid."""
    answer = await client.post("/v1/recipes", json={"name": "soup", "recipe": ""})
    return answer.status_code


async def test_a_token_opens_what_its_scopes_say(make: Make, holding: As) -> None:
    writer = holding(await make("ci", "recipes:write"))
    assert await publishes(writer) == 422
    assert (await writer.post("/v1/runs", json={})).status_code == 403
    assert await publishes(holding(await make("reader", "recipes:read"))) == 403


async def test_a_token_is_shown_once_and_never_stored(
    make: Make, owner: httpx.AsyncClient, transaction: Any
) -> None:
    made = await make("ci", "runs:submit", "recipes:write", "runs:submit")
    token = made.pop("token")
    assert token.startswith("mgh_")
    assert made["hint"] == f"mgh_…{token[-4:]}"
    assert made["scopes"] == ["recipes:write", "runs:submit"]
    assert made["created_by"] == "owner"
    assert made["expires_at"] is None
    assert (await owner.get(f"{ADDRESS}/{made['id']}")).json() == made
    listed = await owner.get(ADDRESS)
    assert made in listed.json()["items"]
    assert token not in listed.text
    assert await _stored(transaction, token) == []
    assert await _stored(transaction, hash_token(token)) == ["tokens"]


async def test_the_answer_with_a_token_is_not_to_be_kept(owner: httpx.AsyncClient) -> None:
    answer = await owner.post(ADDRESS, json={"name": "ci", "scopes": ["recipes:read"]})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["location"] == f"{ADDRESS}/{answer.json()['id']}"


async def test_a_repeated_request_gets_the_same_token_and_nothing_stored_gives_it_away(
    owner: httpx.AsyncClient, transaction: Any, holding: As
) -> None:
    body, key = {"name": "ci", "scopes": ["recipes:write"]}, {"Idempotency-Key": "k"}
    first = await owner.post(ADDRESS, json=body, headers=key)
    again = await owner.post(ADDRESS, json=body, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert await _stored(transaction, first.json()["token"]) == []
    assert await publishes(holding(again.json())) == 422
    other = await owner.post(ADDRESS, json={**body, "name": "other"}, headers=key)
    assert other.json()["code"] == "idempotency-key-reused"


async def test_a_key_of_one_token_is_not_the_key_of_another(
    owner: httpx.AsyncClient, make: Make, holding: As
) -> None:
    key = {"Idempotency-Key": "k"}
    tokens = set()
    for name in ("one", "two"):
        maker = holding(await make(name, "recipes:read"))
        body = {"name": f"by-{name}", "scopes": ["recipes:read"]}
        answer = await maker.post(ADDRESS, json=body, headers=key)
        assert answer.status_code == 201
        tokens.add(answer.json()["token"])
    assert len(tokens) == 2


@pytest.mark.parametrize("wanted", [["admin"], ["worker"], ["recipes:read", "recipes:write"]])
async def test_a_token_cannot_grant_what_it_lacks(
    make: Make, holding: As, owner: httpx.AsyncClient, wanted: list[str]
) -> None:
    reader = holding(await make("reader", "recipes:read"))
    refused = await reader.post(ADDRESS, json={"name": "more", "scopes": wanted})
    assert (refused.status_code, refused.json()["code"]) == (403, "beyond-own")
    assert wanted[-1] in refused.json()["detail"]
    assert "more" not in (await owner.get(ADDRESS)).text


async def test_a_token_can_grant_what_it_holds(make: Make, holding: As) -> None:
    reader = holding(await make("reader", "recipes:read", "recipes:write"))
    child = await make("child", "recipes:write", by=reader)
    assert (child["created_by"], child["scopes"]) == ("reader", ["recipes:write"])
    assert await publishes(holding(child)) == 422


async def test_a_token_cannot_outlast_its_creator(make: Make, holding: As) -> None:
    parent = await make("short", "admin", expires_in=3600)
    short = holding(parent)
    assert (await make("same", "admin", by=short))["expires_at"] == parent["expires_at"]
    assert (await make("less", "admin", by=short, expires_in=60))["expires_at"] is not None
    body = {"name": "longer", "scopes": ["admin"], "expires_in": 3700}
    refused = await short.post(ADDRESS, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "beyond-own")


async def test_an_unknown_scope_is_answered_with_the_nearest(owner: httpx.AsyncClient) -> None:
    body = {"name": "ci", "scopes": ["recipe:write", "admin", "xyz"]}
    refused = await owner.post(ADDRESS, json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "token-invalid")
    first, second = refused.json()["errors"]
    assert (first["pointer"], first["suggestion"]) == (
        "/scopes/0",
        "did you mean 'recipes:write'?",
    )
    assert second["pointer"] == "/scopes/2"
    assert "webhooks:manage" in second["suggestion"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"expires_in": 0}, "/expires_in"),
        ({"expires_in": 10**12}, "/expires_in"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2101-01-01T00:00:00"}, "/expires_at"),
        ({"expires_at": "2101-01-01T00:00:00Z", "expires_in": 5}, "/expires_in"),
        ({"scopes": []}, "/scopes"),
        ({"name": "a b"}, "/name"),
        ({"name": "x" * 101}, "/name"),
    ],
)
async def test_what_cannot_be_made_is_told_by_its_place(
    owner: httpx.AsyncClient, fields: Json, pointer: str
) -> None:
    body = {"name": "ci", "scopes": ["recipes:read"], **fields}
    refused = await owner.post(ADDRESS, json=body)
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]


@pytest.mark.parametrize("name", ["ci", "owner", "worker", "service"])
async def test_a_name_is_taken_until_its_token_is_revoked(
    owner: httpx.AsyncClient, make: Make, name: str
) -> None:
    first = await make("ci", "recipes:read")
    body = {"name": name, "scopes": ["recipes:read"]}
    refused = await owner.post(ADDRESS, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "token-name-taken")
    await owner.delete(f"{ADDRESS}/{first['id']}")
    again = await owner.post(ADDRESS, json=body)
    assert again.status_code == (201 if name == "ci" else 409)


async def test_one_of_many_gets_a_name_that_all_want_at_once(owner: httpx.AsyncClient) -> None:
    body = {"name": "ci", "scopes": ["recipes:read"]}
    answers = await asyncio.gather(*(owner.post(ADDRESS, json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_an_expired_token_is_refused(make: Make, holding: As, transaction: Any) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    ends = holding(await make("ends", "recipes:write", expires_at=until))
    ended = holding(await make("ended", "recipes:write", expires_at=until))
    async with transaction() as session:
        past = "UPDATE tokens SET expires_at = now() - interval '1 s' WHERE name = 'ended'"
        await session.execute(text(past))
    assert (await publishes(ends), await publishes(ended)) == (422, 401)


async def test_others_see_their_own_token_and_those_it_made(
    make: Make, holding: As, owner: httpx.AsyncClient
) -> None:
    parent = await make("parent", "recipes:read")
    client = holding(parent)
    child = await make("child", "recipes:read", by=client)
    foreign = await make("foreign", "recipes:read")
    seen = (await client.get(ADDRESS)).json()["items"]
    assert [each["name"] for each in seen] == ["child", "parent"]
    for made, status in ((parent, 200), (child, 200), (foreign, 404)):
        assert (await client.get(f"{ADDRESS}/{made['id']}")).status_code == status
    assert (await client.delete(f"{ADDRESS}/{foreign['id']}")).status_code == 404
    assert (await client.delete(f"{ADDRESS}/{child['id']}")).status_code == 204
    assert (await client.delete(f"{ADDRESS}/{parent['id']}")).status_code == 204
    assert (await client.get(ADDRESS)).status_code == 401


async def test_lists_are_paged_by_cursors(make: Make, owner: httpx.AsyncClient) -> None:
    made = [await make(f"t{number}", "recipes:read") for number in range(5)]
    names, page = [], (await owner.get(ADDRESS, params={"limit": 2})).json()
    while True:
        names += [each["name"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        params = {"limit": 2, "cursor": page["next_cursor"]}
        page = (await owner.get(ADDRESS, params=params)).json()
    assert names[:5] == [each["name"] for each in reversed(made)]
    assert sorted(names[5:]) == ["owner", "service", "worker"]
    assert (await owner.get(ADDRESS, params={"cursor": "x"})).json()["code"] == "bad-cursor"


async def test_without_a_token_nothing_is_told(stranger: httpx.AsyncClient) -> None:
    for method, path in (("GET", ADDRESS), ("POST", ADDRESS), ("DELETE", f"{ADDRESS}/{0:032x}")):
        answer = await stranger.request(method, path, json={"name": "x", "scopes": ["admin"]})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_last_use_is_noted_once_a_minute(
    app: FastAPI, make: Make, owner: httpx.AsyncClient, transaction: Any
) -> None:
    made = await make("ci", "recipes:read")
    table: TableAuthenticator = app.state.tokens

    async def used() -> str | None:
        assert await table.principal(made["token"]) is not None
        await table.settle()
        return (await owner.get(f"{ADDRESS}/{made['id']}")).json()["last_used_at"]

    assert made["last_used_at"] is None
    first = await used()
    assert first is not None
    assert await used() == first
    async with transaction() as session:
        ago = "UPDATE tokens SET last_used_at = now() - interval '61 s' WHERE name = 'ci'"
        await session.execute(text(ago))
    assert (await used()) > first


async def _stored(transaction: Any, secret: str) -> list[str]:
    """The tables that hold `secret` anywhere, in any column."""
    async with transaction() as session:
        found = await session.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema='registry'")
        )
        return [
            table
            for table in sorted(found)
            if await session.scalar(
                text(f"SELECT EXISTS (SELECT FROM {table} t WHERE strpos(t::text, :secret) > 0)"),
                {"secret": secret},
            )
        ]
