"""Sixty requests with one `Idempotency-Key`, at two replicas: one effect, one answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from mergehub.kit.settings.service import ServiceSettings
from registry.app import create_app

MANY = 60  # three times as many as both replicas have connections
URL = {"url": "https://ci.example.org/hooks"}

Json = dict[str, Any]
Serving = Callable[[FastAPI], AbstractAsyncContextManager[str]]


@pytest.fixture(scope="module")
async def replica(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[FastAPI]:
    """Another registry with the same database, which shares no memory with the first."""
    replica = create_app(settings)
    async with replica.router.lifespan_context(replica):
        yield replica


@pytest.fixture
async def replicas(
    app: FastAPI, replica: FastAPI, owner: httpx.AsyncClient
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """The operator's client at each replica."""
    headers = {"Authorization": owner.headers["Authorization"]}
    one, other = (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(each), base_url="http://hub", headers=headers
        )
        for each in (app, replica)
    )
    async with one, other:
        yield [one, other]


@pytest.fixture
async def things(owner: httpx.AsyncClient, recipe_text: str) -> Json:
    """The objects that the paths and bodies below name."""
    recipe = await owner.post("/v1/recipes", json={"name": "before", "recipe": recipe_text})
    webhook = await owner.post("/v1/webhooks", json=URL)
    sent = await owner.post(f"/v1/webhooks/{webhook.json()['id']}/test", json={})
    return {
        "recipe": recipe.json()["id"],
        "webhook": webhook.json()["id"],
        "delivery": sent.json()["id"],
        "text": recipe_text,
    }


# The path, the body, the answer's status, and the table that gets one row.
CREATING: dict[str, tuple[str, Callable[[Json], Json], int, str]] = {
    "publish_recipe": (
        "/v1/recipes", lambda t: {"name": "new", "recipe": t["text"]}, 201, "recipes",
    ),
    "publish_recipe_version": (
        "/v1/recipes/{recipe}/versions",
        lambda t: {"recipe": t["text"].replace("0.5", "0.7")}, 201, "recipe_versions",
    ),
    "fork_recipe": ("/v1/recipes/{recipe}/fork", lambda t: {"name": "fork"}, 201, "recipe_forks"),
    "add_comment": (
        "/v1/recipes/{recipe}/comments", lambda t: {"text": "Good."}, 201, "comments",
    ),
    "submit_run": (
        "/v1/runs",
        lambda t: {"kind": "merge", "recipe": t["text"], "model_name": "m"}, 202, "runs",
    ),
    "create_token": (
        "/v1/tokens", lambda t: {"name": "ci", "scopes": ["recipes:write"]}, 201, "tokens",
    ),
    "create_organisation": (
        "/v1/accounts", lambda t: {"handle": "lab", "display_name": "The lab"}, 201, "accounts",
    ),
    "create_webhook": ("/v1/webhooks", lambda t: URL, 201, "webhook_endpoints"),
    "test_webhook": (
        "/v1/webhooks/{webhook}/test", lambda t: {}, 202, "webhook_deliveries",
    ),
    "rotate_webhook_secret": (
        "/v1/webhooks/{webhook}/rotate", lambda t: {}, 200,
        "webhook_endpoints WHERE previous_secret IS NOT NULL",
    ),
    "replay_webhook_delivery": (
        "/v1/webhooks/{webhook}/deliveries/{delivery}/replay", lambda t: {}, 202,
        "webhook_deliveries WHERE tries = 0 AND finished_at IS NULL AND state = 'pending'",
    ),
    "replay_webhook_range": (
        "/v1/webhooks/{webhook}/replay", lambda t: {"since": "2026-01-01T00:00:00Z"}, 202,
        "webhook_deliveries WHERE type = 'recipe.published'",
    ),
}  # fmt: skip


@pytest.fixture
def count(transaction: Any) -> Callable[[str], Awaitable[int]]:
    async def count(what: str) -> int:
        async with transaction() as session:
            return int(await session.scalar(text(f"SELECT count(*) FROM {what}")))

    return count


@pytest.mark.parametrize("name", CREATING)
async def test_sixty_at_once_have_one_effect_and_one_answer(
    replicas: list[httpx.AsyncClient], things: Json, transaction: Any,
    count: Callable[[str], Awaitable[int]], monkeypatch: pytest.MonkeyPatch, name: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("registry.idempotency.once.WAIT_SECONDS", 60)
    path, body_of, status, what = CREATING[name]
    if name == "replay_webhook_delivery":
        await _deliver(transaction)
    before = await count(what)

    async def post(number: int) -> httpx.Response:
        headers = {"Idempotency-Key": "k"}
        client = replicas[number % len(replicas)]
        return await client.post(path.format(**things), json=body_of(things), headers=headers)

    answers = await asyncio.gather(*map(post, range(MANY)))
    assert {each.status_code for each in answers} == {status}
    assert len({each.content for each in answers}) == 1
    assert len({each.headers.get("location") for each in answers}) == 1
    assert [each.headers.get("idempotency-replayed") for each in answers].count(None) == 1
    assert await count(what) == before + 1


async def _deliver(transaction: Any) -> None:
    """Settle the deliveries like a sender that got 200."""
    async with transaction() as session:
        delivered = "state = 'delivered', finished_at = now()"
        await session.execute(text(f"UPDATE webhook_deliveries SET {delivered}"))


async def test_every_operation_that_takes_a_key_is_tried(app: FastAPI) -> None:
    taking = {
        operation["operationId"]
        for methods in app.openapi()["paths"].values()
        for operation in methods.values()
        if "idempotency-key" in {each["name"].lower() for each in operation.get("parameters", ())}
    }
    assert taking == CREATING.keys()


async def test_what_was_acknowledged_is_there_at_another_replica(
    app: FastAPI, replica: FastAPI, owner: httpx.AsyncClient, things: Json, serving: Serving
) -> None:
    """Over HTTP, where an answer arrives as soon as it is sent."""
    options: Json = {"headers": {"Authorization": owner.headers["Authorization"]}}
    async with serving(app) as here, serving(replica) as there:
        one = httpx.AsyncClient(base_url=here, trust_env=False, **options)
        other = httpx.AsyncClient(base_url=there, trust_env=False, **options)
        async with one, other:
            for number in range(5):
                for kind, body in _bodies(things, number).items():
                    made = (await one.post(f"/v1/{kind}", json=body)).raise_for_status()
                    read = await other.get(made.headers["location"])
                    assert (read.status_code, read.json()["id"]) == (200, made.json()["id"])


def _bodies(things: Json, number: int) -> dict[str, Json]:
    return {
        "runs": {"kind": "merge", "recipe": things["text"], "model_name": "m"},
        "recipes": {"name": f"r{number}", "recipe": things["text"]},
        "tokens": {"name": f"t{number}", "scopes": ["recipes:write"]},
        "webhooks": URL,
    }
