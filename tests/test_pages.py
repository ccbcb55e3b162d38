"""Pages of every list while others write: an item that stays is listed exactly once."""

from __future__ import annotations

import importlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listed import LISTS, MEASURED, PARENT, START, WALKS, WHOLE, Listed, Rows, recipe, webhook
from pydantic import SecretStr
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession
from tries import tries

from mergehub.contracts.services import SERVICES
from mergehub.kit.settings.service import ServiceSettings
from registry.artifacts.collecting.models import RetentionRow
from registry.changes import noted
from registry.recipes.models import RecipeRow

OWNER = SecretStr("mgh_owner-of-the-pages")

MINUTES = st.integers(0, 4)  # few, so that many items have the same time
INSERTED = st.lists(MINUTES, max_size=4)
DELETED = st.lists(st.integers(0, 30), max_size=3)


@pytest.fixture(scope="module")
async def apps(
    database_of: Callable[[str], Awaitable[str]], redis_url: str
) -> AsyncIterator[dict[str, FastAPI]]:
    """Every service over one database, without background work that writes."""
    settings = ServiceSettings(
        database_url=await database_of("pages"),
        redis_url=redis_url,
        background="separate",
        bootstrap_token=OWNER,
        rate_reads=0,
        log_level="error",
    )
    async with AsyncExitStack() as stack:
        found = {}
        for service in SERVICES:
            module, _, function = service.factory.partition(":")
            app = getattr(importlib.import_module(module), function)(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            found[service.name] = app
        await _add(found["registry"], recipe(str(PARENT), START) + webhook(str(PARENT), START))
        rules = {"account": "local", "days": 1, "newest": 0, "keep": []}  # all items are older
        await _add(found["registry"], [(RetentionRow, rules)])
        await _add(found["leaderboard"], MEASURED)
        yield found


async def _add(app: FastAPI, rows: Rows) -> None:
    async with app.state.database.transaction() as session:
        for table, row in rows:
            await session.execute(insert(table).values(row))
        await _note(session, rows)


async def _note(session: AsyncSession, rows: Rows) -> None:
    """Log the recipes among the rows, since lists of recipes are read from memory."""
    await noted(session, *(row["id"] for table, row in rows if table is RecipeRow))


class Others:
    """Other writers, who insert and delete items, and note which exist and which ever did."""

    def __init__(self, app: FastAPI, listed: Listed, seed: int) -> None:
        self._app, self._listed, self._random = app, listed, random.Random(seed)
        self.there: dict[str, None] = {}

    async def write(self, inserted: Sequence[int], deleted: Sequence[int]) -> None:
        for number in deleted:
            if self.there:
                await self._remove(list(self.there)[number % len(self.there)])
        for minute in inserted:
            name = str(UUID(int=self._random.getrandbits(128)))
            await _add(self._app, self._listed.rows(name, START + timedelta(minutes=minute)))
            self.there[name] = None

    async def clear(self) -> None:
        for name in list(self.there):
            await self._remove(name)

    async def _remove(self, name: str) -> None:
        del self.there[name]
        rows = self._listed.rows(name, START)
        async with self._app.state.database.transaction() as session:
            await _note(session, rows)
            for (table, _), column in reversed(list(zip(rows, self._listed.columns, strict=True))):
                kind = getattr(table, column)
                await session.execute(delete(table).where(kind == kind.type.python_type(name)))


@pytest.mark.parametrize("name", LISTS)
@settings(
    deadline=None,
    max_examples=tries(3),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    first=st.lists(MINUTES, max_size=12),
    between=st.lists(st.tuples(INSERTED, DELETED), max_size=12),
    limit=st.integers(1, 4),
    seed=st.integers(0, 2**32),
)
async def test_pages_neither_skip_nor_repeat_while_others_write(
    apps: dict[str, FastAPI], name: str,
    first: list[int], between: list[tuple[list[int], list[int]]], limit: int, seed: int,
) -> None:  # fmt: skip
    listed = LISTS[name]
    others = Others(apps[listed.service], listed, seed)
    await others.write(first, [])
    all_the_time, writes = set(others.there), iter(between)
    met: list[str] = []
    async with _client(apps[listed.service]) as client:
        address: str | None = f"{listed.path}{'&' if '?' in listed.path else '?'}limit={limit}"
        while address:
            answer = (await client.get(address)).raise_for_status()
            page = answer.json()
            met += [each[listed.field] for each in page["items"]]
            address = answer.links.get("next", {}).get("url")
            assert (address is None) == (page["next_cursor"] is None)
            assert len(page["items"]) == limit or address is None
            await others.write(*next(writes, ([], [])))
            all_the_time &= others.there.keys()
    await others.clear()
    assert len(met) == len(set(met)), "repeated"
    assert {listed.shown(each) for each in all_the_time} <= set(met), "skipped"


def _client(app: FastAPI) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {OWNER.get_secret_value()}"}
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers)


async def test_every_list_has_pages_or_a_reason(apps: dict[str, FastAPI]) -> None:
    paged, whole = set(), set()
    for app in apps.values():
        for methods in app.openapi()["paths"].values():
            for operation in methods.values():
                names = {each["name"] for each in operation.get("parameters", ())}
                if "cursor" in names:
                    assert "limit" in names
                    paged.add(operation["operationId"])
                elif operation["operationId"].startswith("list_"):
                    whole.add(operation["operationId"])
    assert paged == LISTS.keys() | WALKS
    assert whole == WHOLE.keys()
