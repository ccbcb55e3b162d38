"""The feed of models' facts: what it has, in which order, and that a follower skips nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from lineage_statements import say
from sqlalchemy import delete, text, update

from lineage.edges.models import ChangeRow
from lineage.feed import positions
from lineage.feed.keeping import FeedKeeper
from lineage.feed.models import FeedPlaceRow
from lineage.learning.batch import Batch
from lineage.learning.service import learn
from mergehub.kit.background.resources import Resources

FEED = "/v1/models/facts"
WRITER = {"Authorization": "Bearer mgh_both"}
MODEL = {
    "name": "org/base",
    "architecture": "llama",
    "parameters": 7_000_000_000,
    "licence": "Apache License 2.0",
    "domains": ["maths", "code"],
    "made_on": "2026-02-03",
}


@pytest.fixture
def kept(resources: Resources) -> Callable[[], Awaitable[None]]:
    """Bring the feed up to date."""
    return FeedKeeper(resources).refresh


@pytest.fixture
async def told(client: httpx.AsyncClient, registry):
    """A base and two merges of it, one of them described."""
    registry.tokens["mgh_both"] = "lineage:write lineage:moderate"
    edges = [
        {"child": "me/soup", "parent": "org/base", "relation": "merge", "method": "slerp",
         "weight": 0.25},
        {"child": "me/soup", "parent": "org/other", "relation": "merge", "method": "slerp",
         "weight": 0.75},
        {"child": "org/other", "parent": "org/base", "relation": "finetune"},
    ]  # fmt: skip
    body = {"edges": edges, "models": [MODEL]}
    answer = await client.post("/v1/graph/imports", json=body, headers=WRITER)
    assert answer.status_code == 200, answer.text


async def page(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(FEED, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def follow(client: httpx.AsyncClient, after: int = 0, limit: int = 2) -> list[dict[str, Any]]:
    """All items after a position, page by page."""
    items: list[dict[str, Any]] = []
    while True:
        found = await page(client, after=after, limit=limit)
        items += found["items"]
        after = found["next_after"]
        if not found["has_more"]:
            return items


def names(items: list[dict[str, Any]]) -> list[str]:
    return sorted(item["name"] for item in items)


async def test_each_model_is_listed_once_with_its_facts_and_parents(told, client, kept):
    await kept()
    items = {item["name"]: item for item in await follow(client)}
    assert sorted(items) == ["me/soup", "org/base", "org/other"]
    base, soup, other = items["org/base"], items["me/soup"], items["org/other"]
    assert (base["kind"], base["parents"]) == ("original", [])
    facts = {key: base[key] for key in ("architecture", "parameters", "licence", "domains")}
    assert facts == {
        "architecture": "llama",
        "parameters": 7_000_000_000,
        "licence": "apache-2.0",
        "domains": ["code", "maths"],
    }
    assert base["made_on"] == "2026-02-03"
    assert (soup["kind"], soup["method"]) == ("merge", "slerp")
    assert [(each["name"], each["weight"]) for each in soup["parents"]] == [
        ("org/other", 0.75),
        ("org/base", 0.25),
    ]
    assert soup["parents"][0]["id"] == other["id"]
    assert (other["kind"], other["method"]) == ("finetune", None)


async def changed(client, kept, act: Callable[[], Awaitable[httpx.Response]]):
    """What the feed lists after a request."""
    await kept()
    before = (await page(client))["newest"]
    answer = await act()
    assert answer.is_success, answer.text
    await kept()
    return await follow(client, before)


async def test_a_flag_lists_its_model_again_and_so_does_clearing_it(told, client, kept):
    found = {each["name"]: each for each in await _all(client, kept)}
    flags = f"/v1/models/{found['org/base']['id']}/flags"
    body = {"kind": "contaminated", "reason": "It has seen the questions."}

    [item] = await changed(client, kept, lambda: client.post(flags, json=body, headers=WRITER))
    assert (item["name"], item["flags"]) == ("org/base", ["contaminated"])
    model = (await client.get(flags.removesuffix("/flags"))).json()
    one = f"{flags}/{model['flags'][0]['id']}"
    [item] = await changed(client, kept, lambda: client.delete(one, headers=WRITER))
    assert item["flags"] == []


async def _all(client, kept) -> list[dict[str, Any]]:
    await kept()
    return await follow(client)


async def test_a_renamed_model_is_listed_with_its_former_name(told, client, kept):
    found = {each["name"]: each for each in await _all(client, kept)}
    where = f"/v1/models/{found['org/other']['id']}"
    tag = {"If-Match": (await client.get(where)).headers["etag"]}
    body = {"name": "org/renamed"}
    [item] = await changed(
        client, kept, lambda: client.patch(where, json=body, headers=WRITER | tag)
    )
    assert (item["name"], item["former_names"]) == ("org/renamed", ["org/other"])


async def test_a_withdrawn_edge_is_no_parent_any_more(told, client, kept):
    found = {each["name"]: each for each in await _all(client, kept)}
    soup = found["me/soup"]
    edges = (await client.get(f"/v1/models/{soup['id']}/ancestors")).json()["edges"]
    [edge] = [each["id"] for each in edges if each["weight"] == 0.25]
    where = f"/v1/models/{soup['id']}/edges/{edge}/withdrawal"
    body = {"reason": "The card names the wrong base."}
    items = await changed(client, kept, lambda: client.post(where, json=body, headers=WRITER))
    assert "me/soup" in names(items)
    [item] = [each for each in items if each["name"] == "me/soup"]
    assert [each["name"] for each in item["parents"]] == ["org/other"]


async def test_nothing_is_listed_twice_while_nothing_changes(told, client, kept):
    await kept()
    last = (await page(client))["newest"]
    await kept()
    assert await page(client, after=last) == {
        "items": [],
        "next_after": last,
        "newest": last,
        "has_more": False,
    }


async def test_a_transaction_that_commits_late_is_not_skipped(told, client, kept, resources):
    await kept()
    async with resources.database.transaction() as late:
        await learn(late, Batch([say("late/model", "late/base")]))
        async with resources.database.transaction() as early:
            await learn(early, Batch([say("early/model", "early/base")]))
        last = (await page(client))["newest"]
        await kept()
        assert names(await follow(client, last)) == ["early/base", "early/model"]
        last = (await page(client))["newest"]
    await kept()
    assert names(await follow(client, last)) == ["late/base", "late/model"]


async def test_models_from_before_the_feed_are_listed(told, client, kept, resources, monkeypatch):
    monkeypatch.setattr(
        positions, "_OTHERS", positions._OTHERS.replace(f"LIMIT {positions.AT_ONCE}", "LIMIT 2")
    )
    async with resources.database.transaction() as session:
        await session.execute(delete(ChangeRow))
    assert names(await _all(client, kept)) == ["me/soup", "org/base", "org/other"]


@pytest.mark.parametrize("what", ["too late", "another database"])
async def test_all_are_listed_again_if_the_log_may_lack_changes(
    told, client, kept, resources, what
):
    await kept()
    last = (await page(client))["newest"]
    values: dict[str, Any] = {"horizon": 2**40}
    if what == "too late":
        values = {"read_at": text("now() - interval '13 hours'")}
    async with resources.database.transaction() as session:
        await session.execute(update(FeedPlaceRow).values(**values))
    await kept()
    assert names(await follow(client, last)) == ["me/soup", "org/base", "org/other"]


async def test_a_waiting_follower_gets_the_next_change(told, client, kept):
    await kept()
    last = (await page(client))["newest"]
    waiting = asyncio.create_task(page(client, after=last, wait=30))
    body = {"edges": [{"child": "me/new", "parent": "org/base", "relation": "merge"}]}
    await client.post("/v1/graph/imports", json=body, headers=WRITER)
    await kept()
    assert names((await waiting)["items"]) == ["me/new"]


async def test_the_keeper_follows_the_log_by_itself(told, client, resources):
    running = asyncio.create_task(FeedKeeper(resources).run())
    try:
        async with asyncio.timeout(60):
            found = await page(client, wait=30)
            while len(found["items"]) < 3:
                found = await page(client, after=found["next_after"], wait=30)
    finally:
        running.cancel()
    assert names(found["items"]) == ["me/soup", "org/base", "org/other"]


@pytest.mark.parametrize("query", ["after=-1", "limit=0", "limit=2001", "wait=31", "before=3"])
async def test_a_bad_question_is_a_problem(client, query):
    answer = await client.get(f"{FEED}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
