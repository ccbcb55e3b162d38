"""`Idempotency-Key`: one effect and one answer, however often a request arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mergehub.kit.background.resources import Resources
from mergehub.kit.database.housekeeping import Housekeeping
from registry.idempotency.once import doors

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

# The lock that the first request with the owner's key `k` holds while it runs.
FIRST = """
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(chr(10), id, '/v1/runs', 'k'), 0))
FROM tokens WHERE name = 'owner' AND revoked_at IS NULL
"""


@pytest.fixture
def post(owner: httpx.AsyncClient, recipe_text: str) -> Call:
    """Submit a run under a key."""

    async def post(key: str, **fields: Any) -> httpx.Response:
        body = {"kind": "merge", "recipe": recipe_text, "model_name": "m", **fields}
        return await owner.post("/v1/runs", json=body, headers={"Idempotency-Key": key})

    return post


async def test_repeat_gets_the_first_answer_byte_for_byte(post: Call, events: Call) -> None:
    first, second = await post("k"), await post("k")
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.content == first.content
    assert second.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert len(await events("run.queued")) == 1


async def test_two_hundred_at_once_are_one_run(
    post: Call, owner: httpx.AsyncClient, events: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.idempotency.once.WAIT_SECONDS", 60)
    answers = await asyncio.gather(*(post("k") for _ in range(200)))
    assert {each.status_code for each in answers} == {202}
    assert len({each.content for each in answers}) == 1
    assert len((await owner.get("/v1/runs")).json()["items"]) == 1
    assert len(await events("run.queued")) == 1


async def test_waiting_repetitions_leave_connections_to_others(
    post: Call, owner: httpx.AsyncClient, transaction: Any, resources: Resources, until: Call,
) -> None:  # fmt: skip
    many = 4 * resources.settings.database_pool
    async with transaction() as session:
        await session.execute(text(FIRST))
        posting = [asyncio.create_task(post("k")) for _ in range(many)]

        async def waiting() -> bool:
            return bool(doors) and len(next(iter(doors.values()))._waiters or ()) == many - 1

        await until(waiting)
        assert resources.database.engine.pool.checkedout() == 2
        assert (await owner.get("/v1/runs")).status_code == 200
    assert {(await each).status_code for each in posting} == {202}


async def test_same_key_with_another_body_is_refused(post: Call, owner: httpx.AsyncClient) -> None:
    await post("k")
    answer = await post("k", seed=1)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert len((await owner.get("/v1/runs")).json()["items"]) == 1


async def test_another_key_is_another_run(post: Call) -> None:
    assert (await post("k")).json()["id"] != (await post("l")).json()["id"]


async def test_refused_request_may_be_put_right_under_its_key(post: Call) -> None:
    assert (await post("k", recipe="merge_method: nonsense")).status_code == 422
    assert (await post("k")).status_code == 202


async def test_same_key_at_another_path_is_another_key(
    post: Call, owner: httpx.AsyncClient, recipe_text: str
) -> None:
    await post("k")
    recipe = {"name": "r", "title": "R", "recipe": recipe_text}
    headers = {"Idempotency-Key": "k"}
    first = await owner.post("/v1/recipes", json=recipe, headers=headers)
    second = await owner.post("/v1/recipes", json=recipe, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content


async def test_request_still_in_progress_is_told_so(
    post: Call, transaction: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.idempotency.once.WAIT_SECONDS", 0.05)
    async with transaction() as session:
        await session.execute(text(FIRST))
        answer = await post("k")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-key-in-progress")
    assert answer.headers["retry-after"] == "1"
    assert (await post("k")).status_code == 202


async def test_key_is_forgotten_after_a_day(
    post: Call, transaction: Any, housekeeping: Housekeeping
) -> None:
    first = await post("k")
    async with transaction() as session:
        old = "UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 second'"
        await session.execute(text(old))
    await housekeeping.keep()
    assert (await post("k")).json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_unusable_key_is_refused(post: Call, key: str) -> None:
    assert (await post(key)).status_code == 422


async def test_a_version_is_published_once_whatever_came_between(
    owner: httpx.AsyncClient, recipe_text: str
) -> None:
    body = {"name": "soup", "recipe": recipe_text}
    recipe = (await owner.post("/v1/recipes", json=body)).json()
    versions = f"/v1/recipes/{recipe['id']}/versions"
    second, third = (recipe_text.replace("0.5", weight) for weight in ("0.25", "0.75"))
    key = {"Idempotency-Key": "k"}

    first = await owner.post(versions, json={"recipe": second}, headers=key)
    await owner.post(versions, json={"recipe": third})
    again = await owner.post(versions, json={"recipe": second}, headers=key)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == f"{versions}/2"
    assert [v["number"] for v in (await owner.get(versions)).json()["items"]] == [3, 2, 1]
