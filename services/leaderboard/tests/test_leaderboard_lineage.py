"""What lineage says of models, followed into tables: facts, parents, and what a rename does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from following_hub import FakeLineage
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from leaderboard.facts.models import ChangeRow, ModelRow
from leaderboard.facts.resolving import known_models
from leaderboard.memory.serving import replica_of
from leaderboard.models import feed
from leaderboard.models.families import family_of
from leaderboard.models.following import LineageFollower
from leaderboard.models.models import LineagePlaceRow
from mergehub.kit.background.feeds import Away
from mergehub.kit.background.resources import Resources

PARENTS = """
SELECT child.name, parent.name AS parent, role, place, weight FROM model_parents
JOIN models AS child ON child.id = model_id JOIN models AS parent ON parent.id = parent_id
ORDER BY child.name, place
"""


@pytest.fixture
def lineage(registry) -> FakeLineage:
    return registry.lineage


@pytest.fixture
def follow(follower: LineageFollower) -> Callable[[], Awaitable[None]]:
    """Read the feed to its end."""

    async def follow() -> None:
        while await follower.turn(wait=0):
            pass

    return follow


@pytest.fixture
def rows(resources: Resources) -> Callable[[str], Awaitable[list[dict[str, Any]]]]:
    """The rows of a query."""

    async def ask(query: str) -> list[dict[str, Any]]:
        async with resources.database.reading() as session:
            return [dict(row._mapping) for row in await session.execute(text(query))]

    return ask


async def add(resources: Resources, *names: str) -> None:
    """Models with results."""
    async with resources.database.transaction() as session:
        await session.execute(insert(ModelRow), [{"name": name} for name in names])


async def means(resources: Resources, *names: str) -> list[str]:
    """The present name of the model that each name leads to."""
    async with resources.database.reading() as session:
        found = await known_models(session, names)
    return [found[name].name if name in found else "" for name in names]


async def parents(rows) -> list[tuple[str, str]]:
    return [(each["name"], each["parent"]) for each in await rows(PARENTS)]


async def test_facts_and_parents_of_a_model_are_stored(lineage, follow, rows):
    lineage.say("org/base", architecture="MistralForCausalLM", parameters=7_000_000_000,
                licence="apache-2.0", domains=["coding", "code"], flags=["contaminated"],
                made_on="2026-02-03")  # fmt: skip
    base = {"name": "org/base", "role": "base", "weight": 0.25}
    id = lineage.say("me/soup", "org/other", base, method="ties")
    await follow()
    found = {row["name"]: row for row in await rows(
        "SELECT models.name, model_facts.* FROM model_facts JOIN models ON models.id = model_id"
    )}  # fmt: skip
    soup, base = found["me/soup"], found["org/base"]
    assert (soup["kind"], soup["method"], UUID(str(soup["lineage_id"]))) == ("merge", "ties", id)
    assert (base["family"], base["parameters"], str(base["made_on"])) == (
        "mistral",
        7_000_000_000,
        "2026-02-03",
    )
    assert (base["licence"], base["domains"], base["flags"]) == (
        "apache-2.0",
        ["code"],
        ["contaminated"],
    )
    assert await rows(PARENTS) == [
        {
            "name": "me/soup",
            "parent": "org/other",
            "role": "ingredient",
            "place": 0,
            "weight": None,
        },
        {"name": "me/soup", "parent": "org/base", "role": "base", "place": 1, "weight": 0.25},
    ]


async def test_what_lineage_says_later_replaces_what_it_said(lineage, follow, rows):
    lineage.say("me/soup", "one", "two")
    await follow()
    lineage.say("me/soup", "two", licence="mit")
    await follow()
    assert await parents(rows) == [("me/soup", "two")]
    [facts] = await rows("SELECT licence FROM model_facts")
    assert facts == {"licence": "mit"}


async def test_a_model_with_results_gets_its_facts_in_any_case(lineage, follow, rows, resources):
    await add(resources, "Me/Soup")
    lineage.say("me/soup", "one")
    await follow()
    assert await parents(rows) == [("Me/Soup", "one")]


async def test_a_renamed_model_keeps_its_results_and_both_names_lead_to_it(
    lineage, follow, rows, resources
):
    await add(resources, "me/old")
    id = lineage.say("me/old", "one")
    await follow()
    [before] = await rows("SELECT id FROM models WHERE name = 'me/old'")
    lineage.say("me/new", "one", id=id, former_names=["me/old"])
    await follow()
    [after] = await rows("SELECT id, name FROM models WHERE name LIKE 'me/%'")
    assert after == before | {"name": "me/new"}
    assert await means(resources, "ME/old", "me/new") == ["me/new", "me/new"]
    lineage.say("me/old", "one", id=id, former_names=["me/old", "me/new"])
    await follow()
    assert await means(resources, "me/old", "me/new") == ["me/old", "me/old"]


async def test_a_model_that_was_renamed_before_anything_was_known_of_it(
    lineage, follow, rows, resources
):
    lineage.say("me/new", "one", former_names=["me/old"])
    await follow()
    assert await means(resources, "me/old") == ["me/new"]


async def test_results_under_two_names_stay_apart_and_both_get_the_facts(
    lineage, follow, rows, resources
):
    await add(resources, "me/old", "me/new")
    lineage.say("me/new", "one", former_names=["me/old"])
    await follow()
    assert await means(resources, "me/old", "me/new") == ["me/old", "me/new"]
    assert await parents(rows) == [("me/new", "one"), ("me/old", "one")]


async def test_a_page_is_stored_once_even_if_two_processes_read_it(
    lineage, follow, follower, resources, monkeypatch
):
    lineage.say("me/soup", "one")
    read = feed.page

    async def meanwhile(*arguments: Any) -> feed.Page:
        page = await read(*arguments)
        monkeypatch.setattr(feed, "page", read)
        await follow()  # another process
        return page

    monkeypatch.setattr(feed, "page", meanwhile)
    await follower.turn(wait=0)
    async with resources.database.reading() as session:
        assert len((await session.scalars(select(ChangeRow))).all()) == 1
        assert await session.scalar(select(LineagePlaceRow.position)) == 1


async def test_everything_is_read_again_after_lineage_was_restored(lineage, follow, rows):
    for name in ("a", "b", "a", "a"):
        lineage.say(name)
    await follow()
    lineage.restore()
    lineage.say("b", "a")
    await follow()
    await follow()
    assert await parents(rows) == [("b", "a")]


async def test_without_lineage_what_is_known_stays(lineage, follow, rows, client):
    lineage.say("me/soup", "one")
    await follow()
    lineage.away = True
    with pytest.raises(Away):
        await follow()
    assert await parents(rows) == [("me/soup", "one")]
    assert (await client.get("/readyz")).status_code == 200


async def test_a_model_comes_into_memory_with_its_ancestors_once_it_has_a_result(
    lineage, follow, registry, caught_up, client, apps
):
    lineage.say("one", "base")
    lineage.say("me/soup", "one")
    await follow()
    assert (await client.get("/v1/uplift?model=me/soup")).status_code == 404
    assert replica_of(apps[-1]).facts.models.find("me/soup") is None
    registry.score("me/soup", "gsm8k", 0.5)
    await caught_up()
    found = (await client.get("/v1/uplift?model=me/soup")).json()
    assert [each["model"] for each in found["parents"]] == ["one"]
    models = replica_of(apps[-1]).facts.models
    assert None not in [models.find(name) for name in ("me/soup", "one", "base")]
    lineage.say("one", "another")
    await follow()
    await client.get("/v1/uplift?model=me/soup")
    assert replica_of(apps[-1]).facts.models.find("another") is not None


async def test_the_models_that_changed_are_logged_with_their_parents(lineage, follow, rows):
    lineage.say("me/soup", "one")
    await follow()
    found = await rows(
        "SELECT name FROM models WHERE id = ANY((SELECT models FROM changes)::bigint[])"
    )
    assert sorted(each["name"] for each in found) == ["me/soup", "one"]


async def test_the_follower_runs_by_itself(lineage, follower, rows, monkeypatch):
    lineage.say("me/soup", "one")
    stored, turn = asyncio.Event(), follower.turn

    async def noted() -> None:
        await turn()
        stored.set()

    monkeypatch.setattr(follower, "turn", noted)
    running = asyncio.create_task(follower.run())
    async with asyncio.timeout(60):
        await stored.wait()
    running.cancel()
    assert await parents(rows) == [("me/soup", "one")]


@pytest.mark.parametrize(
    ("architecture", "family"),
    [
        ("MistralForCausalLM", "mistral"),
        ("Qwen2MoeForCausalLM", "qwen2moe"),
        ("GPT2LMHeadModel", "gpt2"),
        ("llama", "llama"),
        ("Model", "model"),
        ("", None),
        (None, None),
    ],
)
def test_the_family_is_the_name_in_the_architecture(architecture, family):
    assert family_of(architecture) == family


@given(st.text(max_size=20))
def test_every_architecture_has_a_family(architecture):
    assert bool(family_of(architecture)) is bool(architecture)
