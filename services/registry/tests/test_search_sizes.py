"""The sizes of recipes, by what lineage answers about the models that they merge."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np
import pytest
from entries import MODELS, entries
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from mergehub.kit.background.feeds import Away
from registry.search.answering.facts import facts
from registry.search.catalogue.catalogue import GrowingCatalogue
from registry.search.catalogue.entry import Entry
from registry.search.gains.sizes import SizeFollower
from registry.search.gains.sizing import changed, with_models

Json = dict[str, Any]
Asked = list[list[str]]

MODEL = "{model: %s, parameters: {weight: 0.5}}"
LINEAR = f"merge_method: linear\nmodels: [{MODEL}, {MODEL}]\n"
TASK = f"merge_method: task_arithmetic\nbase_model: %s\nmodels: [{MODEL}, {MODEL}]\n"
SLICES = """\
merge_method: passthrough
slices:
  - sources: [{model: %s, layer_range: [0, 8]}]
  - sources: [{model: %s, layer_range: [4, 12]}]
"""


NOW = datetime(2026, 1, 1, tzinfo=UTC)
sizes_of_models = st.dictionaries(st.sampled_from(MODELS), st.sampled_from((3e9, 7e9, 8e9)))


@given(
    st.lists(st.lists(entries(st.integers(0, 7)), max_size=4), max_size=4),
    st.sets(st.integers(0, 7), max_size=2),
    sizes_of_models,
    sizes_of_models,
)
def test_sizes_are_those_of_a_look_at_each_recipe(
    batches: list[list[Entry]],
    gone: set[int],
    before: dict[str, float],
    known: dict[str, float],
) -> None:
    growing, current = GrowingCatalogue(), {}
    for batch in batches:
        last = {entry.number: entry for entry in batch}
        growing.put(list(last.values()))
        current |= last
        state = growing.state(1, NOW)
        growing.learn("size", changed(state, np.arange(state.size), before))
    growing.remove(sorted(gone))
    state = growing.state(1, NOW)
    growing.learn("size", changed(state, np.arange(state.size), known))
    assert changed(state, np.arange(state.size), known) == {}
    for number in current.keys() - gone:
        assert facts(state, number).size == size_of(current[number], known)
    for model in MODELS:
        numbers = state.column("number")[with_models(state, [model, "org/missing"])]
        having = {n for n, each in current.items() if model in each.ingredients}
        assert having - gone <= set(numbers.tolist())


def size_of(entry: Entry, known: dict[str, float]) -> float | None:
    if entry.shape == "slices":
        return None
    largest = max((known[each] for each in entry.ingredients if each in known), default=None)
    return known.get(entry.base or "", largest)


class StandIn:
    """Answers in the place of lineage, and remembers which models it was asked for."""

    def __init__(self) -> None:
        self.sizes: dict[str, int | None] = {}
        self.asked: Asked = []
        self.status = 200

    def respond(self, request: httpx.Request) -> httpx.Response:
        names = httpx.Response(200, content=request.content).json()["models"]
        self.asked.append(names)
        models = [
            {"asked": each, "name": each, "parameters": self.sizes[each]}
            for each in names
            if each in self.sizes
        ]
        return httpx.Response(self.status, json={"models": models})


@pytest.fixture
def lineage() -> StandIn:
    return StandIn()


@pytest.fixture
async def follower(app: FastAPI, lineage: StandIn) -> AsyncIterator[Callable[..., SizeFollower]]:
    """Makes a follower that asks the stand-in."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(lineage.respond)) as hub:
        resources = replace(app.state.resources, hub=hub)
        yield lambda **more: SizeFollower(resources, app.state.catalogue, **more)


@pytest.fixture
async def look(app: FastAPI, empty: None) -> Callable[[SizeFollower], Awaitable[None]]:
    """Look until no model waits, at a catalogue that has all that was published.

    The catalogue is loaded anew, as it keeps the models of deleted recipes.
    """
    app.state.catalogue.forget()

    async def looked(follower: SizeFollower) -> None:
        while await follower.look(await app.state.catalogue.current()):
            pass

    return looked


@pytest.fixture
async def publish(owner: httpx.AsyncClient) -> Callable[..., Awaitable[Json]]:
    async def published(name: str, recipe: str) -> Json:
        answer = await owner.post("/v1/recipes", json={"name": name, "recipe": recipe})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return published


async def found(client: httpx.AsyncClient, q: str) -> dict[str, float | None]:
    """The recipes that a search finds, with their sizes."""
    answer = await client.get("/v1/recipes", params={"q": q})
    assert answer.status_code == 200, answer.text
    return {each["name"]: each["size"] for each in answer.json()["items"]}


async def test_a_recipe_has_the_size_of_its_base_or_else_of_its_largest_ingredient(
    owner, publish, follower, look, lineage
):
    lineage.sizes = {"org/7b": 7 * 10**9, "org/13b": 13 * 10**9, "org/70b": 70 * 10**9}
    await publish("based", TASK % ("Org/7B@main", "org/13b", "org/70b"))
    await publish("unbased", LINEAR % ("org/7b", "org/13b"))
    await publish("no-size-of-its-base", TASK % ("org/other", "org/13b", "org/7b"))
    await publish("large", LINEAR % ("org/70b", "org/other"))
    await publish("unknown", LINEAR % ("org/other", "org/another"))
    assert await found(owner, "size:1m..") == {}
    await look(follower())
    sizes = {"based": 7e9, "unbased": 13e9, "no-size-of-its-base": 13e9}
    assert await found(owner, "size:7b..13b") == pytest.approx(sizes)
    assert await found(owner, "name:unknown") == {"unknown": None}
    assert [sorted(names) for names in lineage.asked] == [
        ["org/13b", "org/70b", "org/7b", "org/another", "org/other"]
    ]


async def test_a_stack_of_slices_has_no_known_size(owner, publish, follower, look, lineage):
    lineage.sizes = {"org/7b": 7 * 10**9, "org/8b": 8 * 10**9}
    await publish("stack", SLICES % ("org/7b", "org/8b"))
    await publish("merge", LINEAR % ("org/7b", "org/8b"))
    await look(follower())
    assert await found(owner, "size:1m..") == pytest.approx({"merge": 8e9})
    assert await found(owner, "shape:slices") == {"stack": None}


async def test_a_model_that_lineage_learns_later_is_asked_for_again_and_a_known_one_is_not(
    owner, publish, follower, look, lineage
):
    lineage.sizes = {"org/7b": 7 * 10**9, "org/late": None}
    await publish("soup", LINEAR % ("org/late", "org/7b"))
    hourly, always = follower(), follower(again=0)
    await look(hourly)
    await look(always)
    assert await found(owner, "size:1m..") == pytest.approx({"soup": 7e9})
    lineage.sizes["org/late"] = 9 * 10**9
    lineage.asked.clear()
    await look(hourly)
    assert (lineage.asked, await found(owner, "size:9b")) == ([], {})
    await look(always)
    assert lineage.asked == [["org/late"]]
    assert await found(owner, "size:9b") == pytest.approx({"soup": 9e9})


async def test_a_new_recipe_or_version_of_known_models_has_its_size_without_a_question(
    owner, publish, follower, look, lineage
):
    lineage.sizes = {"org/7b": 7 * 10**9, "org/13b": 13 * 10**9}
    recipe = await publish("soup", LINEAR % ("org/7b", "org/13b"))
    following = follower()
    await look(following)
    lineage.asked.clear()
    await publish("stew", TASK % ("org/7b", "org/7b", "org/13b"))
    versions = f"/v1/recipes/{recipe['id']}/versions"
    for text, size in ((TASK % ("org/7b", "org/13b", "org/7b"), 7e9), (SLICES, None)):
        body = {"recipe": text % ("org/7b", "org/13b") if "%s" in text else text}
        answer = await owner.post(versions, json=body, headers={"If-Match": "*"})
        assert answer.status_code == 201, answer.text
        await look(following)
        assert (await found(owner, "name:soup"))["soup"] == size
    assert await found(owner, "size:7b") == pytest.approx({"stew": 7e9})
    assert lineage.asked == []


async def test_more_models_than_lineage_takes_are_asked_for_in_several_questions(
    owner, publish, follower, look, lineage
):
    models = ", ".join(MODEL % f"org/m{number}" for number in range(130))
    lineage.sizes = {"org/m129": 3 * 10**9}
    await publish("wide", f"merge_method: linear\nmodels: [{models}]\n")
    await look(follower())
    assert [len(names) for names in lineage.asked] == [100, 30]
    assert await found(owner, "size:3b") == pytest.approx({"wide": 3e9})


@pytest.mark.parametrize("status", [503, 429])
async def test_models_wait_while_lineage_is_away(owner, publish, follower, look, lineage, status):
    lineage.sizes, lineage.status = {"org/7b": 7 * 10**9}, status
    await publish("soup", LINEAR % ("org/7b", "org/other"))
    following = follower()
    with pytest.raises(Away, match=str(status)):
        await look(following)
    assert await found(owner, "size:1m..") == {}
    lineage.status = 200
    await look(following)
    assert await found(owner, "size:1m..") == pytest.approx({"soup": 7e9})


async def test_names_that_lineage_refuses_hold_up_no_others(
    owner, publish, follower, look, lineage
):
    lineage.sizes, lineage.status = {"org/7b": 7 * 10**9}, 422
    await publish("refused", LINEAR % ("org/one", "org/two"))
    following = follower()
    await look(following)
    lineage.status = 200
    await publish("soup", LINEAR % ("org/7b", "org/other"))
    await look(following)
    assert await found(owner, "size:1m..") == pytest.approx({"soup": 7e9})


async def test_without_lineage_nothing_is_known_and_searches_go_on(app, owner, publish, look):
    await publish("soup", LINEAR % ("org/7b", "org/other"))
    with pytest.raises(Away):  # the loop pauses, and tries again
        await look(SizeFollower(app.state.resources, app.state.catalogue))
    assert await found(owner, "size:1m..") == {}
    assert await found(owner, "name:soup") == {"soup": None}


async def test_sizes_are_known_after_the_catalogue_is_loaded_once_more(
    app, owner, publish, follower, look, lineage
):
    lineage.sizes = {"org/7b": 7 * 10**9}
    await publish("soup", LINEAR % ("org/7b", "org/other"))
    following = follower()
    await look(following)
    app.state.catalogue.forget()
    assert await found(owner, "size:7b") == pytest.approx({"soup": 7e9})
    await publish("stew", LINEAR % ("org/7b", "org/other"))
    await look(following)
    assert set(await found(owner, "size:7b")) == {"soup", "stew"}
    assert [sorted(each) for each in lineage.asked] == [["org/7b", "org/other"], ["org/other"]]
