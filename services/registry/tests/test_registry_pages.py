"""Pages while others write: what is there all the time is met once, whatever comes and goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.runs.models import RunRow

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = st.integers(0, 4)  # few, so that many runs are of the same time
INSERTED = st.lists(MINUTES, max_size=4)
DELETED = st.lists(st.integers(0, 30), max_size=3)

SPEC = {
    "recipe": "", "recipe_version": None, "recipe_digest": "", "model_name": "m", "seed": 0,
    "kind": "merge",
}  # fmt: skip


def _rows(minutes: Sequence[int]) -> list[dict[str, Any]]:
    fixed = {
        "owner": "local", "kind": "merge", "state": "cancelled", "hardware": "cpu",
        "timeout_seconds": 1, "spec": SPEC, "max_attempts": 1, "due_at": START,
    }  # fmt: skip
    return [
        {**fixed, "id": uuid4(), "created_at": START + timedelta(minutes=minute)}
        for minute in minutes
    ]


class Others:
    """They insert and delete runs, and remember which there are and which there ever were."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.there: dict[UUID, tuple[datetime, UUID]] = {}
        self.ever: set[UUID] = set()

    async def write(self, inserted: Sequence[int], deleted: Sequence[int]) -> None:
        gone = {list(self.there)[number % len(self.there)] for number in deleted if self.there}
        rows = _rows(inserted)
        async with self._transaction() as session:
            await session.execute(delete(RunRow).where(RunRow.id.in_(gone)))
            if rows:
                await session.execute(insert(RunRow), rows)
        self.there = {key: self.there[key] for key in self.there if key not in gone}
        self.there |= {row["id"]: (row["created_at"], row["id"]) for row in rows}
        self.ever |= self.there.keys()


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(MINUTES, max_size=12),
    st.lists(st.tuples(INSERTED, DELETED), max_size=12),
    st.integers(1, 4),
)
async def test_pages_neither_skip_nor_repeat_while_others_write(
    stranger: httpx.AsyncClient, transaction: Transaction,
    first: list[int], between: list[tuple[list[int], list[int]]], limit: int,
) -> None:  # fmt: skip
    async with transaction() as session:
        await session.execute(delete(RunRow))
    others = Others(transaction)
    await others.write(first, [])
    all_the_time, writes = set(others.there), iter(between)
    seen: list[dict[str, Any]] = []
    address: str | None = f"/v1/runs?limit={limit}"
    while address:
        page = await stranger.get(address)
        seen += page.json()["items"]
        address = page.links.get("next", {}).get("url")
        await others.write(*next(writes, ([], [])))
        all_the_time &= others.there.keys()

    met = [UUID(run["id"]) for run in seen]
    assert len(met) == len(set(met)), "repeated"
    assert all_the_time <= set(met), "skipped"
    assert set(met) <= others.ever
    keys = [(datetime.fromisoformat(run["created_at"]), UUID(run["id"])) for run in seen]
    assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize(
    "elsewhere",
    ["/v1/runs?state=failed", "/v1/runs?kind=merge", "/v1/recipes?"],
)
async def test_a_cursor_holds_for_its_own_list_alone(
    stranger: httpx.AsyncClient, transaction: Transaction, elsewhere: str
) -> None:
    await Others(transaction).write([1, 2, 3], [])
    page = (await stranger.get("/v1/runs?limit=1")).json()
    cursor = page["next_cursor"]
    assert (await stranger.get(f"/v1/runs?limit=2&cursor={cursor}")).status_code == 200
    answer = await stranger.get(f"{elsewhere}&cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-cursor")


async def test_the_documented_parameter_is_the_cursor(stranger: httpx.AsyncClient) -> None:
    document = (await stranger.get("/openapi.json")).json()
    names = [each["name"] for each in document["paths"]["/v1/runs"]["get"]["parameters"]]
    assert names.count("cursor") == 1
