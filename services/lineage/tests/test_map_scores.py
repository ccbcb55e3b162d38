"""Scores of the leaderboard on the map: followed into memory, and shown beside the graph."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_hub import ScoringHub

from lineage.memory.arrays import Numbers
from lineage.scores import following
from lineage.scores.scores import NO_SCORES
from mergehub.backoff import Backoff
from mergehub.kit.background import feeds

WRITER = {"Authorization": "Bearer mgh_writer"}
BINARY = "application/vnd.mergehub.graph"
NAMES = {"base": "org/base", "soup": "me/Soup", "stew": "me/stew", "late": "Late/One"}


@pytest.fixture
def hub(registry: ScoringHub, client: httpx.AsyncClient) -> ScoringHub:
    registry.tokens["mgh_writer"] = "lineage:write"
    return registry


@pytest.fixture
async def known(hub: ScoringHub, client: httpx.AsyncClient) -> None:
    """A base and a merge."""
    await bring(client, ("me/Soup", "org/base"))


async def bring(client: httpx.AsyncClient, *edges: tuple[str, str]) -> None:
    rows = [{"child": child, "parent": parent, "relation": "merge"} for child, parent in edges]
    answer = await client.post("/v1/graph/imports", json={"edges": rows}, headers=WRITER)
    assert answer.status_code == 200, answer.text


async def rename(client: httpx.AsyncClient, old: str, new: str) -> None:
    [model] = (await client.get("/v1/models", params={"name": old})).json()["items"]
    where = f"/v1/models/{model['id']}"
    tag = {"If-Match": (await client.get(where)).headers["etag"]}
    answer = await client.patch(where, json={"name": new}, headers=WRITER | tag)
    assert answer.status_code == 200, answer.text


async def shown(client: httpx.AsyncClient) -> dict[str, tuple[float | None, float | None]]:
    nodes = (await client.get("/v1/graph")).json()["nodes"]
    values = zip(nodes["score"], nodes["uplift"], strict=True)
    return dict(zip(nodes["name"], values, strict=True))


async def state(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get("/v1/graph/changes", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def shows(client: httpx.AsyncClient, **expected: tuple[float | None, float | None]) -> None:
    """Wait until the map has these scores; looks again at each change."""
    wanted = {NAMES[each]: values for each, values in expected.items()}
    async with asyncio.timeout(60):
        while True:
            now = await state(client)
            if wanted.items() <= (await shown(client)).items():
                return
            await state(client, **_query(now), wait=30)


def _query(state: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if value is not None}


async def test_a_map_shows_scores_and_uplift_and_null_where_there_is_none(known, hub, client):
    hub.score("org/base", 61.5)
    hub.score("ME/soup", 70.25, 8.75)
    await shows(client, base=(61.5, None), soup=(70.25, 8.75))


async def test_a_model_has_its_score(known, hub, client):
    hub.score("me/Soup", 70.1, 8.7)
    await shows(client, soup=(70.1, 8.7))
    [model] = (await client.get("/v1/models", params={"name": "me/Soup"})).json()["items"]
    detail = (await client.get(f"/v1/models/{model['id']}")).json()
    assert (detail["score"], detail["uplift"]) == (70.1, 8.7)


async def test_the_binary_form_has_the_same_numbers(known, hub, client):
    hub.score("me/Soup", 70.25, -1.5)
    await shows(client, soup=(70.25, -1.5))
    answer = await client.get("/v1/graph", headers={"Accept": BINARY})
    length = int.from_bytes(answer.content[8:12], "little")
    header = json.loads(answer.content[12 : 12 + length])
    values = {}
    for name in ("score", "uplift"):
        at = header["arrays"][name]
        values[name] = np.frombuffer(answer.content, "<f4", at["count"], 12 + length + at["at"])
    merge = header["names"].index("me/Soup")
    assert (values["score"][merge], values["uplift"][merge]) == (70.25, -1.5)
    assert np.isnan(values["score"]).sum() == 1
    assert header["scores_as_of"] == (await state(client))["scores_as_of"]


async def test_without_scores_a_map_says_that_there_are_none(known, client):
    assert await shown(client) == {"org/base": (None, None), "me/Soup": (None, None)}


async def test_a_score_that_changes_or_goes_is_followed(known, hub, client):
    for score in (50, 55, None):
        hub.score("me/Soup", score)
        await shows(client, soup=(score, None))


async def test_a_renamed_model_is_found_by_its_former_name(known, hub, client):
    await rename(client, "me/Soup", "me/stew")
    hub.score("me/soup", 50)
    await shows(client, stew=(50, None))


async def test_a_model_that_comes_after_its_score_has_it(known, hub, client, monkeypatch):
    monkeypatch.setattr(following, "UNKNOWN_SECONDS", 0)
    hub.score("late/one", 50)
    hub.score("me/Soup", 60)
    await shows(client, soup=(60, None))
    await bring(client, ("Late/One", "org/base"))
    await shows(client, late=(50, None))


async def test_a_model_that_takes_the_name_of_a_score_has_it(known, hub, client, monkeypatch):
    monkeypatch.setattr(following, "UNKNOWN_SECONDS", 0)
    hub.score("me/stew", 50)
    hub.score("org/base", 60)
    await shows(client, base=(60, None))
    await rename(client, "me/Soup", "me/stew")
    await shows(client, stew=(50, None))


async def test_without_a_leaderboard_scores_stay_until_it_is_back(known, hub, client, monkeypatch):
    monkeypatch.setattr(feeds, "BACKOFF", Backoff(first=0.01, longest=0.01))
    hub.score("me/Soup", 50)
    await shows(client, soup=(50, None))
    hub.leave()
    async with asyncio.timeout(60):
        await hub.refused.wait()
    assert (await shown(client))["me/Soup"] == (50, None)
    assert (await client.get("/readyz")).status_code == 200
    hub.away = False
    hub.score("me/Soup", 60)
    await shows(client, soup=(60, None))


async def test_a_feed_that_begins_again_is_read_from_its_beginning(known, hub, client):
    hub.score("org/base", 40)
    hub.score("me/Soup", 50)
    await shows(client, base=(40, None), soup=(50, None))
    hub.restore("org/base", 45)
    await shows(client, base=(45, None), soup=(None, None))


async def test_a_wait_ends_when_the_graph_changes(known, client):
    before = await state(client)
    waiting = asyncio.create_task(state(client, **_query(before), wait=30))
    await bring(client, ("me/other", "org/base"))
    async with asyncio.timeout(10):
        assert (await waiting)["as_of"] > before["as_of"]


async def test_a_wait_without_a_change_ends_in_time(known, client):
    before = await state(client)
    again = await state(client, as_of=before["as_of"] + 10**9, wait=1)
    assert again["as_of"] == before["as_of"]


@pytest.mark.parametrize(
    "query", ["as_of=-1", "wait=31", "scores_as_of=2026-11-29T10:00:00", "scores_as_of=0"]
)
async def test_what_cannot_be_waited_for_is_refused(client, query):
    answer = await client.get(f"/v1/graph/changes?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


VALUE = st.floats(0, 100, width=32) | st.none()


@given(st.lists(st.lists(st.tuples(st.integers(0, 20), VALUE, VALUE), max_size=10), max_size=6))
def test_the_last_change_of_each_model_counts(pages):
    scores, expected = NO_SCORES, {}
    for page in pages:
        columns = [np.array([row[at] for row in page], dtype) for at, dtype in enumerate("iff")]
        scores = scores.changed(*columns)
        expected |= {model: (score, uplift) for model, score, uplift in page}
    models: Numbers = np.arange(-1, 22, dtype=np.int32)
    found = zip(models.tolist(), *(each.tolist() for each in scores.of(models)), strict=True)
    assert {
        model: tuple(None if np.isnan(each) else each for each in values)
        for model, *values in found
    } == {model: expected.get(model, (None, None)) for model in models.tolist()}
    assert (np.diff(scores.models) > 0).all()
