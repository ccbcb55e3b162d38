"""`POST /v1/tokens/introspect` according to RFC 7662."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from captured_logs import captured_logs
from fastapi import FastAPI
from sqlalchemy import text
from starlette.requests import ClientDisconnect

from mergehub.kit.settings.service import ServiceSettings

Json = dict[str, Any]
ADDRESS = "/v1/tokens/introspect"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def service(
    app: FastAPI, settings: ServiceSettings, empty: None
) -> AsyncIterator[httpx.AsyncClient]:
    """Another service of the hub."""
    headers = {"Authorization": f"Bearer {settings.service_token.get_secret_value()}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://hub", headers=headers
    ) as client:
        yield client


@pytest.fixture
async def made(owner: httpx.AsyncClient) -> Json:
    body = {"name": "ci", "scopes": ["webhooks:manage", "runs:submit"], "expires_in": 3600}
    return (await owner.post("/v1/tokens", json=body)).json()


async def test_a_valid_token_is_told_with_what_it_allows(
    service: httpx.AsyncClient, made: Json
) -> None:
    answer = await service.post(ADDRESS, data={"token": made["token"]})
    told = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert told.pop("exp") - told.pop("iat") in (3599, 3600)
    assert told == {
        "active": True,
        "scope": "runs:submit webhooks:manage",
        "client_id": "ci",
        "username": "local",
        "account": "local",
        "sub": made["id"],
        "token_type": "Bearer",
    }


async def test_a_token_without_an_end_has_no_exp(
    service: httpx.AsyncClient, settings: ServiceSettings
) -> None:
    token = settings.worker_token.get_secret_value()
    told = (await service.post(ADDRESS, data={"token": token, "token_type_hint": "x"})).json()
    assert (told["active"], told["scope"]) == (True, "worker")
    assert "exp" not in told


@pytest.mark.parametrize("change", ["revoked_at = now()", "expires_at = now()", "hash = 'x'"])
async def test_of_any_other_token_nothing_is_told(
    service: httpx.AsyncClient, made: Json, transaction: Any, change: str
) -> None:
    assert (await service.post(ADDRESS, data={"token": made["token"]})).json()["active"]
    async with transaction() as session:
        await session.execute(text(f"UPDATE tokens SET {change} WHERE name = 'ci'"))
    answer = await service.post(ADDRESS, data={"token": made["token"]})
    assert (answer.status_code, answer.json()) == (200, {"active": False})


async def test_a_hint_may_be_empty(service: httpx.AsyncClient, made: Json) -> None:
    asked = {"token": made["token"], "token_type_hint": ""}
    assert (await service.post(ADDRESS, data=asked)).json()["active"]


@pytest.mark.parametrize("token", ["", "mgh_nonsense", "\x00", "ä" * 100])
async def test_nonsense_is_no_active_token(service: httpx.AsyncClient, token: str) -> None:
    answer = await service.post(ADDRESS, data={"token": token})
    assert answer.status_code in (200, 400)
    assert answer.json().get("active", False) is False


async def test_who_asks_needs_a_token_that_may(
    service: httpx.AsyncClient, owner: httpx.AsyncClient, worker: httpx.AsyncClient,
    stranger: httpx.AsyncClient, made: Json,
) -> None:  # fmt: skip
    asked = {"token": made["token"]}
    for client, status in ((service, 200), (owner, 200), (worker, 403), (stranger, 401)):
        assert (await client.post(ADDRESS, data=asked)).status_code == status
    refused = await stranger.post(ADDRESS, data=asked)
    assert refused.headers["www-authenticate"] == 'Bearer scope="tokens:introspect"'


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", b'{"token": "mgh_x"}'),
        ("application/x-www-form-urlencoded", b""),
        ("application/x-www-form-urlencoded", b"tokens=mgh_x"),
        ("application/x-www-form-urlencoded", b"token="),
        ("application/x-www-form-urlencoded", b"token=mgh_x&other=1"),
        ("application/x-www-form-urlencoded", b"token=mgh_x&token=mgh_y"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 99)),
        ("application/x-www-form-urlencoded", b"token=\xff"),
        ("text/plain", b"token=mgh_x"),
    ],
)
async def test_a_question_that_is_no_form_is_told_so(
    service: httpx.AsyncClient, kind: str, content: bytes
) -> None:
    answer = await service.post(ADDRESS, content=content, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


async def test_a_service_token_may_do_nothing_else(service: httpx.AsyncClient) -> None:
    assert (await service.post("/v1/recipes", json={})).status_code == 403
    assert (await service.get("/v1/accounts/audit")).status_code == 403
    body = {"name": "x", "scopes": ["admin"]}
    assert (await service.post("/v1/tokens", json=body)).status_code == 403


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_fault_of_ours(
    service: httpx.AsyncClient, app: FastAPI
) -> None:
    class Cut(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"token=mgh"
            raise ClientDisconnect

    with captured_logs() as logs:
        answer = await service.post(ADDRESS, content=Cut(), headers={"content-type": FORM})
    assert answer.status_code == 400
    assert not [each for each in logs if each["log_level"] == "error"]
