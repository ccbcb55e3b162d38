"""A cursor belongs to one list; `tests/test_pages.py` has pages during writes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.runs.models import RunRow

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]

START = datetime(2026, 1, 1, tzinfo=UTC)
SPEC = {
    "recipe": "", "recipe_version": None, "recipe_digest": "", "model_name": "m", "seed": 0,
    "kind": "merge",
}  # fmt: skip


@pytest.fixture
async def runs(transaction: Transaction, stranger: httpx.AsyncClient) -> None:
    """Three runs."""
    fixed = {
        "owner": "local", "kind": "merge", "state": "cancelled", "hardware": "cpu",
        "timeout_seconds": 1, "spec": SPEC, "model_name": "m", "max_attempts": 1, "due_at": START,
    }  # fmt: skip
    async with transaction() as session:
        await session.execute(insert(RunRow), [{**fixed, "id": uuid4()} for _ in range(3)])


@pytest.mark.parametrize(
    "elsewhere",
    ["/v1/runs?state=failed", "/v1/runs?kind=merge", "/v1/recipes?"],
)
async def test_a_cursor_holds_for_its_own_list_alone(
    stranger: httpx.AsyncClient, runs: None, elsewhere: str
) -> None:
    page = (await stranger.get("/v1/runs?limit=1")).json()
    cursor = page["next_cursor"]
    assert (await stranger.get(f"/v1/runs?limit=2&cursor={cursor}")).status_code == 200
    answer = await stranger.get(f"{elsewhere}&cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-cursor")


async def test_the_documented_parameter_is_the_cursor(stranger: httpx.AsyncClient) -> None:
    document = (await stranger.get("/openapi.json")).json()
    names = [each["name"] for each in document["paths"]["/v1/runs"]["get"]["parameters"]]
    assert names.count("cursor") == 1
