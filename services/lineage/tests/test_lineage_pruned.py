"""Events that the registry no longer keeps: lineage reports them, and gives them up on command."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from lineage import events
from lineage.background import BACKGROUND
from lineage.edges.models import EdgeRow
from lineage.tables import InboxRow, PositionRow, intake
from mergehub.contracts.events import EventPage
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.background.resources import Resources, open_resources
from mergehub.kit.database.pruning import Pruner
from mergehub.kit.events.feed import EventsPruned
from mergehub.kit.events.outbox import EventsPruned as PrunedProblem
from mergehub.kit.http.problem_handlers import install_problems

BASE = Parent(name="base", role="base")


async def one(resources: Resources, query: Any) -> Any:
    async with resources.database.transaction() as session:
        return await session.scalar(query)


@pytest.fixture
async def pruned(settings, registry, serving):
    """Resources whose registry has forgotten the events 1 and 2 of 4."""
    for number in range(4):
        registry.merge(f"m{number}", BASE)
    app = FastAPI()
    install_problems(app)

    @app.get("/v1/events")
    async def page(after: int, limit: int) -> EventPage:
        if after < 2:
            raise PrunedProblem("", headers={"Link": '</v1/events?after=2>; rel="first"'})
        return await registry.page(after, limit)

    async with serving(app) as address:
        there = settings.model_copy(update={"hub_url": address})
        async with open_resources(BACKGROUND, there) as resources:
            yield resources


async def test_a_consumer_that_is_too_far_behind_stops_and_says_what_to_do(pruned):
    with pytest.raises(EventsPruned, match=r"events after 0.* python -m lineage skip-pruned"):
        await events.consumer(pruned).catch_up()
    assert await one(pruned, select(func.count()).select_from(InboxRow)) == 0


async def test_what_is_lost_is_given_up_once_when_told_to(pruned):
    consumer = events.consumer(pruned)
    assert await consumer.skip_pruned() == 2
    assert await consumer.skip_pruned() == 0
    await consumer.catch_up()
    assert await one(pruned, select(PositionRow.sequence)) == 4
    assert await one(pruned, select(func.count()).select_from(EdgeRow)) == 2


async def test_the_command_says_how_much_was_given_up(pruned, command):
    hub_url = pruned.settings.hub_url
    status, out, err = await command("skip-pruned", hub_url=hub_url)
    assert (status, out) == (0, "Given up: 2 events\n")
    assert "events.skipped" in err
    assert (await command("skip-pruned", hub_url=hub_url))[1] == "Given up: 0 events\n"


async def test_which_old_events_were_applied_is_forgotten_and_the_position_is_not(
    resources, registry
):
    for number in range(3):
        registry.merge(f"m{number}", BASE)
    await events.consumer(resources).catch_up()
    async with resources.database.transaction() as session:
        past = func.now() - timedelta(days=91)
        await session.execute(update(InboxRow).where(InboxRow.sequence < 3).values(applied_at=past))
    pruner = Pruner(resources.database, intake.prune, days=90)
    assert [await pruner.prune(), await pruner.prune()] == [2, 0]
    for event in registry.events:
        assert await events.consumer(resources).offer(event)
    assert await one(resources, select(func.count()).select_from(InboxRow)) == 1
    assert await one(resources, select(func.count()).select_from(EdgeRow)) == 3
