"""Webhook secrets in the database: sealed, under keys that change."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from callers import OWNER, client_of
from fastapi import FastAPI
from pydantic import SecretStr
from receiver import Receiver
from sqlalchemy import text

from mergehub.kit.background.resources import Resources
from mergehub.kit.identity.sealing import Sealer
from mergehub.kit.settings.service import ServiceSettings
from registry.app import create_app
from registry.tables import metadata
from registry.webhooks.secrets import SecretsUnreadable
from registry.webhooks.sending.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

HOOK = {"url": "https://example.com/hook"}
SECRETS = "SELECT secret, previous_secret, bearer_token FROM webhook_endpoints"


def new_key() -> SecretStr:
    return SecretStr(base64.b64encode(secrets.token_bytes(32)).decode())


@pytest.fixture
def started(settings: ServiceSettings) -> Call:
    """Start and stop a registry with these keys and the tests' database."""

    async def started(*keys: SecretStr) -> None:
        app = create_app(settings.model_copy(update={"secrets_keys": list(keys)}))
        async with app.router.lifespan_context(app):
            return

    return started


@pytest.fixture
def stored(transaction: Any) -> Call:
    """Everything in the database, as text."""

    async def stored() -> str:
        rows: list[str] = []
        async with transaction() as session:
            for table in metadata.tables:
                found = await session.scalars(text(f"SELECT t::text FROM {table} AS t"))
                rows += found.all()
        return "\n".join(rows)

    return stored


async def test_no_secret_lies_in_clear_in_the_database(
    owner: httpx.AsyncClient, stored: Call
) -> None:
    key = {"Idempotency-Key": "k"}
    made = await owner.post("/v1/webhooks", json=HOOK, headers=key)
    rotate = f"{made.headers['location']}/rotate"
    rotated = await owner.post(rotate, headers=key)
    for answer in (made, rotated):
        assert answer.json()["secret"].removeprefix("whsec_") not in await stored()
    assert (await owner.post("/v1/webhooks", json=HOOK, headers=key)).content == made.content
    assert (await owner.post(rotate, headers=key)).content == rotated.content


async def test_what_lies_in_clear_is_sealed_at_the_next_start_and_signs_as_before(
    owner: httpx.AsyncClient, settings: ServiceSettings, started: Call, stored: Call, listen: Call,
    submit: Call, sender: Sender, receiver: Receiver, transaction: Any,
) -> None:  # fmt: skip
    key = {"Idempotency-Key": "k"}
    first = await owner.post("/v1/webhooks", json={"url": receiver.url}, headers=key)
    endpoint = first.json()
    before = secrets.token_bytes(32)
    previous = "whsec_" + base64.b64encode(before).decode()
    async with transaction() as session:  # as earlier releases left it
        await session.execute(
            text(
                "UPDATE webhook_endpoints SET secret = :secret, previous_secret = :previous, "
                "previous_until = now() + interval '1 h'"
            ),
            {"secret": endpoint["secret"], "previous": previous},
        )
        await session.execute(text("UPDATE idempotency_keys SET body = :b"), {"b": first.text})
    assert endpoint["secret"] in await stored()

    await started(*settings.secrets_keys)

    for secret in (endpoint["secret"], previous):
        assert secret.removeprefix("whsec_") not in await stored()
    again = await owner.post("/v1/webhooks", json={"url": receiver.url}, headers=key)
    assert again.content == first.content
    await submit()
    await sender.send_due()
    (request,) = receiver.received
    assert request.verified(endpoint["secret"]) == request.verified(previous)


async def test_a_new_key_takes_over_at_the_next_start(
    owner: httpx.AsyncClient, settings: ServiceSettings, started: Call, listen: Call, submit: Call,
    sender: Sender, receiver: Receiver, transaction: Any,
) -> None:  # fmt: skip
    endpoint = await listen(bearer_token="t0ken")
    old, new = settings.secrets_keys[0], new_key()

    async def kept() -> Any:
        async with transaction() as session:
            return (await session.execute(text(SECRETS))).one()

    before = await kept()
    await started(new, old)
    after = await kept()
    assert after.secret != before.secret
    assert after.bearer_token != before.bearer_token
    await started(new)  # the old one is no longer needed
    await started(old, new)
    await submit()
    await sender.send_due()
    (request,) = receiver.received
    assert request.verified(endpoint["secret"])
    assert request.headers["authorization"] == "Bearer t0ken"


async def test_without_its_key_a_registry_does_not_start_and_says_what_to_do(
    listen: Call, started: Call, settings: ServiceSettings
) -> None:
    endpoint = await listen()
    for keys in ([], [new_key()]):
        with pytest.raises(SecretsUnreadable) as refused:
            await started(*keys)
        assert "MERGEHUB_SECRETS_KEYS" in str(refused.value)
        assert endpoint["id"] in str(refused.value)
    await started(*settings.secrets_keys)


async def test_a_sender_without_the_key_spends_no_try(
    listen: Call, submit: Call, resources: Resources, settings: ServiceSettings, deliveries: Call
) -> None:
    endpoint = await listen()
    await submit()
    with pytest.raises(SecretsUnreadable):
        async with asyncio.timeout(8):
            await Sender(resources.database, [], Sealer([])).run(resources.signals)
    (delivery,) = await deliveries(endpoint)
    assert (delivery["state"], delivery["attempts"]) == ("pending", [])


async def test_while_keys_change_a_sender_without_the_new_one_leaves_the_work_to_others(
    listen: Call, submit: Call, resources: Resources, settings: ServiceSettings, started: Call,
    deliveries: Call,
) -> None:  # fmt: skip
    endpoint = await listen()
    old, new = settings.secrets_keys[0], new_key()
    keys = settings.model_copy(update={"secrets_keys": [new, old]}).secret_keys()
    behind, ahead = [
        Sender(resources.database, settings.webhook_allow, Sealer(each))
        for each in (keys[1:], keys)
    ]
    await started(new, old)
    await submit()
    with pytest.raises(SecretsUnreadable):
        await behind.take()
    (delivery,) = await deliveries(endpoint)
    assert (delivery["state"], delivery["attempts"]) == ("pending", [])
    assert await ahead.send_due() == 1
    (delivery,) = await deliveries(endpoint)
    assert delivery["state"] == "delivered"
    for sender in (behind, ahead):
        await sender.stop()
    await started(old, new)


async def test_without_any_key_a_hub_runs_and_makes_no_webhooks(
    settings: ServiceSettings, empty: None
) -> None:
    app = create_app(settings.model_copy(update={"secrets_keys": []}))
    async with app.router.lifespan_context(app), client_of(app, OWNER) as owner:
        answer = await owner.post("/v1/webhooks", json=HOOK)
        assert (answer.status_code, answer.json()["code"]) == (503, "secrets-key-missing")
        assert (await owner.get("/v1/webhooks")).json()["items"] == []


async def test_a_secret_of_another_row_signs_nothing_and_stops_nobody(
    app: FastAPI, owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender,
    receiver: Receiver, deliveries: Call, transaction: Any,
) -> None:  # fmt: skip
    mine, other = await listen(), await listen()
    async with transaction() as session:
        await session.execute(
            text(
                "UPDATE webhook_endpoints SET secret = "
                "(SELECT secret FROM webhook_endpoints WHERE id = :mine) WHERE id = :other"
            ),
            {"mine": mine["id"], "other": other["id"]},
        )
    await submit()
    await sender.send_due()
    (refused,), (sent,) = await deliveries(other), await deliveries(mine)
    assert refused["attempts"][0]["error"] == "The endpoint's secret cannot be read. Rotate it."
    assert sent["state"] == "delivered"
    assert len(receiver.received) == 1
    await owner.post(f"/v1/webhooks/{other['id']}/rotate")
