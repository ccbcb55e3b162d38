"""Events that are applied from zero give the same boards, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fake_registry import FakeRegistry

from leaderboard import events
from leaderboard.app import create_app
from leaderboard.background import BACKGROUND
from leaderboard.boards.catalogue import built_in
from leaderboard.memory.serving import replica_of
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.background.resources import open_resources
from mergehub.kit.settings.service import ServiceSettings

PARTS = ("", "/facets", "/points")
LISTS = ("", "?sort=uplift", "?sort=-name&merged=true", "?verified=true&q=model&limit=7")


@pytest.fixture
def told(registry: FakeRegistry) -> FakeRegistry:
    """Models, merges and scores that are measured again, as events."""
    for number in range(12):
        right = (number * 7) % 11
        registry.score(f"org/model-{number}", "dates", "1" * right + "0" * (12 - right))
        registry.score(f"org/Model-{number}", "gsm8k", "10" * (number + 1))
        if number > 1:
            parents = [Parent(name=f"org/model-{number - back}") for back in (1, 2)]
            registry.merge(f"org/model-{number}", *parents)
    for number in range(0, 12, 3):
        registry.score(f"org/model-{number}", "dates", "1" * number + "0" * (12 - number))
    return registry


async def boards(client: httpx.AsyncClient) -> str:
    """Every answer about every board of the hub, as canonical JSON."""
    found: dict[str, Any] = {}
    for board in built_in():
        urls = [f"/v1/boards/{board}{part}" for part in PARTS]
        for url in (*urls, *(f"/v1/boards/{board}{query}" for query in LISTS)):
            found[url] = without_places(json.loads((await client.get(url)).content))
    return json.dumps(found, sort_keys=True)


def without_places(answer: Any) -> Any:
    """An answer without places in a log, times of reading, and its cursor, which a secret seals."""
    if isinstance(answer, list):
        return [without_places(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    left = {"as_of", "read_at", "next_cursor"}
    return {name: without_places(each) for name, each in answer.items() if name not in left}


async def test_two_databases_that_learn_the_same_events_have_the_same_boards(
    told: FakeRegistry,
    settings: ServiceSettings,
    database_of: Callable[[str], Awaitable[str]],
) -> None:
    seen, whole = [], list(told.events)
    for cuts in ((len(whole),), (1, 2, 3, 20, 21, len(whole))):
        database = settings.model_copy(update={"database_url": await database_of("replay")})
        app = create_app(database)
        opened = open_resources(BACKGROUND, database)
        async with opened as resources, app.router.lifespan_context(app):
            for cut in cuts:
                told.events[:] = whole[:cut]
                await events.consumer(resources).catch_up()
                await replica_of(app).current()
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://b") as client:
                seen.append(await boards(client))
    assert seen[0] == seen[1]
    assert '"org/model-11"' in seen[0]
