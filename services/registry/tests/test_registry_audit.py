"""The audit trail: it records every change in the change's transaction, and no secret."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from mergehub.kit.background.resources import Resources
from mergehub.kit.settings.service import ServiceSettings
from registry.actor import ITSELF, SYSTEM
from registry.audit.service import audit
from registry.tokens.settings import accept_settings_tokens

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
ADDRESS = "/v1/accounts/audit"


@pytest.fixture
def trail(owner: httpx.AsyncClient) -> Callable[..., Awaitable[list[Json]]]:
    """The audit trail, newest first, filtered."""

    async def trail(**wanted: Any) -> list[Json]:
        return (await owner.get(ADDRESS, params=wanted)).json()["items"]

    return trail


async def test_each_change_names_who_what_and_in_which_request(
    owner: httpx.AsyncClient, trail: Call, recipe_text: str
) -> None:
    body = {"name": "ci", "scopes": ["recipes:write", "runs:submit"]}
    made = await owner.post("/v1/tokens", json=body)
    token = made.json()
    headers = {"Authorization": f"Bearer {token['token']}", "X-Request-ID": "from-ci.1"}
    answer = await owner.post(
        "/v1/recipes", json={"name": "soup", "recipe": recipe_text}, headers=headers
    )
    [published, created] = await trail()
    assert (created["actor"], created["action"]) == ("owner", "token.created")
    assert created["subject"] == f"tokens/{token['id']}"
    assert created["request_id"] == made.headers["x-request-id"]
    assert (published["actor"], published["actor_id"]) == ("ci", token["id"])
    assert (published["action"], published["request_id"]) == ("recipe.published", "from-ci.1")
    assert published["subject"] == f"recipes/{answer.json()['id']}/versions/1"
    assert answer.headers["x-request-id"] == "from-ci.1"


async def test_every_change_of_people_is_there(
    owner: httpx.AsyncClient, submit: Call, claim: Call, trail: Call, recipe_text: str
) -> None:
    made = await owner.post("/v1/tokens", json={"name": "ci", "scopes": ["recipes:read"]})
    await owner.delete(f"/v1/tokens/{made.json()['id']}")
    recipe = await owner.post("/v1/recipes", json={"name": "soup", "recipe": recipe_text})
    newer = {"recipe": recipe_text.replace("0.5", "0.25")}
    await owner.post(f"/v1/recipes/{recipe.json()['id']}/versions", json=newer)
    run = await submit()
    await owner.post(f"/v1/runs/{run['id']}/cancel")
    await owner.post(f"/v1/runs/{run['id']}/retry")
    await claim(run)
    await owner.post(f"/v1/runs/{run['id']}/cancel")
    assert [each["action"] for each in reversed(await trail())] == [
        "token.created",
        "token.revoked",
        "recipe.published",
        "recipe.published",
        "run.submitted",
        "run.cancelled",
        "run.retried",
        "run.cancelled",
    ]


async def test_what_changed_nothing_is_not_there(
    owner: httpx.AsyncClient, submit: Call, trail: Call, recipe_text: str
) -> None:
    run = await submit()
    key = {"Idempotency-Key": "k"}
    for _ in range(2):
        await owner.post(f"/v1/runs/{run['id']}/cancel")
        await owner.post("/v1/tokens", json={"name": "ci", "scopes": ["recipes:read"]}, headers=key)
        await owner.post("/v1/tokens", json={"name": "ci", "scopes": ["admin"]})  # taken
        await owner.post("/v1/recipes", json={"name": "soup", "recipe": "merge_method: none"})
    actions = [each["action"] for each in await trail()]
    assert actions == ["token.created", "run.cancelled", "run.submitted"]


async def test_it_is_read_by_subject_actor_and_page(
    owner: httpx.AsyncClient, submit: Call, trail: Call
) -> None:
    runs = [await submit() for _ in range(3)]
    await owner.post(f"/v1/runs/{runs[0]['id']}/cancel")
    about = await trail(subject=f"runs/{runs[0]['id']}")
    assert [each["action"] for each in about] == ["run.cancelled", "run.submitted"]
    assert len(await trail(subject="runs")) == 4
    assert await trail(subject="run") == []
    assert len(await trail(actor="owner", action="run.submitted")) == 3
    assert await trail(actor="nobody") == []
    first = (await owner.get(ADDRESS, params={"limit": 3})).json()
    params = {"limit": 3, "cursor": first["next_cursor"]}
    second = (await owner.get(ADDRESS, params=params)).json()
    ids = [each["id"] for each in first["items"] + second["items"]]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), second["next_cursor"]) == (4, None)


async def test_only_administrators_read_it(
    owner: httpx.AsyncClient, worker: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    assert (await worker.get(ADDRESS)).status_code == 403
    assert (await stranger.get(ADDRESS)).status_code == 401


async def test_a_change_that_is_taken_back_leaves_no_trace(
    transaction: Any, empty: None, trail: Call
) -> None:
    with suppress(RuntimeError):
        async with transaction() as session:
            await audit(session, SYSTEM, "run.submitted", "runs/1")
            raise RuntimeError
    assert await trail() == []


async def test_what_the_registry_does_by_itself_is_written_down_as_its_own(
    transaction: Any, empty: None, trail: Call
) -> None:
    async with transaction() as session:
        await audit(session, SYSTEM, "token.revoked", "tokens/1")
    [entry] = await trail()
    assert (entry["actor"], entry["actor_id"], entry["request_id"]) == (ITSELF, None, None)


async def test_a_changed_setting_is_there_too(
    resources: Resources, settings: ServiceSettings, empty: None, trail: Call
) -> None:
    for token in (SecretStr("mgh_another"), settings.worker_token):
        changed = settings.model_copy(update={"worker_token": token})
        async with resources.database.transaction() as session:
            await accept_settings_tokens(session, changed)
    actions = [(each["actor"], each["action"]) for each in await trail()]
    assert actions == [(ITSELF, "token.created"), (ITSELF, "token.revoked")] * 2


@pytest.mark.parametrize("sent", ["x" * 65, "a b", "", "ä"])
async def test_an_unusable_request_id_is_replaced(owner: httpx.AsyncClient, sent: str) -> None:
    answer = await owner.get("/v1/runs", headers=[(b"x-request-id", sent.encode())])
    assert answer.headers["x-request-id"] != sent
    assert len(answer.headers["x-request-id"]) == 32
