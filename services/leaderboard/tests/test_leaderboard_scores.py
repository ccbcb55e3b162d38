"""The feed of scores: what it has, in which order, and what a follower gets who asks again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from made_facts import Known, Result, World
from sqlalchemy import delete

from leaderboard.boards.current import boards_in
from leaderboard.boards.definition import Column, Rules
from leaderboard.boards.making.maker import BoardMaker
from leaderboard.memory.serving import replica_of
from leaderboard.scores.keeping import Scorekeeper
from leaderboard.scores.models import ScoreRow
from leaderboard.scores.standing import Standing, standings
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.background.resources import Resources

SCORES = "/v1/boards/overall/scores"


@pytest.fixture
def keeper(client: httpx.AsyncClient, apps: list[FastAPI], resources: Resources) -> Scorekeeper:
    """Keeps the scores by the facts that the app has in memory."""
    app = apps[-1]
    return Scorekeeper(resources, replica_of(app), boards_in(app.state.resources))


@pytest.fixture
def kept(
    keeper: Scorekeeper, caught_up: Callable[[], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    """Apply the events, and bring the scores up to date."""

    async def now() -> None:
        await caught_up()
        await keeper.refresh()

    return now


@pytest.fixture
async def demo(registry, kept):
    """Two specialists and their merge."""
    registry.merge("me/merge", Parent(name="dates"), Parent(name="units"))
    registry.score("dates", "all", "1" * 6 + "0" * 4)
    registry.score("units", "all", "1" * 3 + "0" * 7)
    registry.score("me/merge", "all", "1" * 8 + "0" * 2)
    await kept()
    return registry


async def page(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(SCORES, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def scores_of(page: dict[str, Any]) -> dict[str, tuple[float | None, float | None]]:
    return {row["model"]: (row["score"], row["uplift"]) for row in page["items"]}


async def test_each_model_has_its_score_and_what_it_gained_over_its_best_ingredient(demo, client):
    found = await page(client)
    assert scores_of(found) == {"dates": (60, None), "units": (30, None), "me/merge": (80, 20)}
    assert not found["has_more"]
    assert found["newest"] == found["next_after"]


async def test_nothing_has_changed_since_the_last_page(demo, client, kept):
    first = await page(client)
    await kept()
    again = await page(client, after=first["next_after"])
    assert again == first | {"items": []}


async def test_a_merge_is_listed_again_when_a_parent_changes(demo, client, kept):
    first = await page(client)
    demo.score("dates", "all", "1" * 9 + "0")
    await kept()
    changed = await page(client, after=first["next_after"])
    assert scores_of(changed) == {"dates": (90, None), "me/merge": (80, -10)}
    assert scores_of(await page(client)) == scores_of(first) | scores_of(changed)


async def test_a_merge_has_an_uplift_when_its_parents_become_known(demo, client, kept):
    demo.score("later", "all", "1" * 5 + "0" * 5)
    await kept()
    first = await page(client)
    demo.merge("later", Parent(name="units"))
    await kept()
    assert scores_of(await page(client, after=first["next_after"])) == {"later": (50, 20)}


async def test_a_model_that_lacks_a_benchmark_loses_its_score(demo, client, kept):
    first = await page(client)
    demo.score("dates", "another", "1" * 10)
    demo.score("units", "another", "1" * 10)
    await kept()
    changed = await page(client, after=first["next_after"])
    assert scores_of(changed) == {
        "dates": (80, None),
        "units": (65, None),
        "me/merge": (None, None),
    }


async def test_pages_have_every_change_once_in_its_order(demo, client):
    whole = await page(client)
    rows: list[Any] = []
    address: str | None = f"{SCORES}?limit=1"
    while address:
        answer = await client.get(address)
        rows += answer.json()["items"]
        address = answer.links.get("next", {}).get("url")
    assert rows == whole["items"]


async def test_a_follower_waits_for_the_next_change(demo, client, kept):
    first = await page(client)
    waiting = asyncio.create_task(page(client, after=first["next_after"], wait=30))
    demo.score("units", "all", "1" * 7 + "0" * 3)
    await kept()
    async with asyncio.timeout(10):
        assert scores_of(await waiting) == {"units": (70, None), "me/merge": (80, 10)}


async def test_the_loop_keeps_the_scores_by_itself(registry, client, resources, keeper, caught_up):
    listening = asyncio.create_task(resources.signals.run())
    keeping = asyncio.create_task(keeper.run())
    try:
        registry.score("dates", "all", "1" * 6 + "0" * 4)
        await caught_up()
        async with asyncio.timeout(10):
            assert scores_of(await page(client, wait=30)) == {"dates": (60, None)}
    finally:
        for task in (listening, keeping):
            task.cancel()
        await asyncio.gather(listening, keeping, return_exceptions=True)


async def test_a_board_that_was_restored_says_that_it_has_gone_back(demo, client, resources):
    first = await page(client)
    async with resources.database.transaction() as session:
        await session.execute(delete(ScoreRow).where(ScoreRow.revision == first["newest"]))
    assert (await page(client, after=first["next_after"]))["newest"] < first["next_after"]


async def test_there_is_no_feed_of_a_board_that_is_not_there(client):
    answer = await client.get("/v1/boards/overal/scores")
    assert (answer.status_code, answer.json()["code"]) == (404, "board-not-found")


def test_an_uplift_needs_the_scores_of_all_ingredients():
    world = World()
    world.learn(
        {
            "a": Known(parents=("unknown",)),
            "b": Known(parents=("a", "c")),
            "c": Known(parents=("a",)),
            "m": Known(parents=("a", "b")),
        }
    )
    world.add(
        [Result(model, "x", value) for model, value in (("a", 0.5), ("b", 0.25), ("m", 0.75))]
    )
    world.add([Result(model, "y", 0.5) for model in "abcm"])
    facts = world.facts()
    board = BoardMaker().make(facts, Rules(columns=(Column(benchmark="x"), Column(benchmark="y"))))
    found = standings(board)
    assert {facts.name(at): found.at(at) for at in np.flatnonzero(found.listed)} == {
        "a": Standing(50, None),
        "b": Standing(37.5, None),
        "c": Standing(None, None),
        "m": Standing(62.5, 12.5),
    }


def test_the_uplift_is_to_the_best_row_of_each_ingredient():
    world = World()
    world.learn({"m": Known(parents=("a",))})
    world.add(
        [Result("a", "x", 0.5), Result("a", "x", 0.6, precision="4bit"), Result("m", "x", 0.7)]
    )
    board = BoardMaker().make(world.facts(), Rules(columns=(Column(benchmark="x"),)))
    assert standings(board).at(world.models["m"] - 1) == Standing(70, 10)
