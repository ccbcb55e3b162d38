"""Releases of boards, and the history of ranks."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from made_facts import Known, Result, World

from leaderboard.boards.current import boards_in
from leaderboard.boards.definition import Column, Rules
from leaderboard.boards.making.maker import BoardMaker
from leaderboard.history.keeping import HistoryKeeper
from leaderboard.history.packing import MODELS, packed, place_in
from leaderboard.memory.serving import replica_of
from leaderboard.releases.citing import bibtex

ADMIN = {"Authorization": "Bearer mgh_root-of-boards"}
URL = "/v1/boards/overall/releases"


@pytest.fixture
async def scored(registry, caught_up):
    registry.tokens["mgh_root-of-boards"] = "admin boards:write"
    registry.tokens["mgh_ann-of-boards"] = "boards:write"
    for number in range(5):
        registry.score(f"model-{number}", "dates", "1" * number + "0" * (10 - number))
    await caught_up()
    return registry


async def test_a_release_stays_as_it_is(scored, client, caught_up):
    first = await client.post(URL, headers=ADMIN)
    assert first.status_code == 201, first.text
    assert (first.json()["number"], first.json()["models"]) == (1, 5)
    rows, detail = f"{URL}/1/rows", f"{URL}/1"
    before = [(await client.get(url)).content for url in (rows, detail)]
    scored.score("model-0", "dates", "1" * 10)
    await caught_up()
    second = await client.post(URL, headers=ADMIN)
    assert (second.status_code, second.json()["number"]) == (201, 2)
    assert [(await client.get(url)).content for url in (rows, detail)] == before
    listed = await client.get(URL)
    assert listed.status_code == 200, listed.text
    assert [each["number"] for each in listed.json()["items"]] == [2, 1]


async def test_a_release_of_the_same_content_is_the_same(scored, client):
    first = await client.post(URL, headers=ADMIN)
    again = await client.post(URL, headers=ADMIN)
    assert (again.status_code, again.json()) == (200, first.json())


async def test_the_digest_is_of_all_that_a_reader_gets(scored, client):
    release = (await client.post(URL, headers=ADMIN)).json()
    head = (await client.get(f"{URL}/1")).json()["content"]
    lines, url = [json_of(head)], f"{URL}/1/rows?limit=2"
    while url:
        answer = await client.get(url)
        lines += map(json_of, answer.json()["items"])
        url = answer.links.get("next", {}).get("url")
    assert release["digest"] == f"sha256:{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
    assert release["digest"] in release["citation"]["text"]


def json_of(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


async def test_rows_of_a_release_are_those_of_the_board(scored, client):
    await client.post(URL, headers=ADMIN)
    released = (await client.get(f"{URL}/1/rows")).json()["items"]
    assert released == (await client.get("/v1/boards/overall")).json()["items"]


async def test_administrators_release_boards_of_the_hub(scored, client):
    answer = await client.post(URL, headers={"Authorization": "Bearer mgh_ann-of-boards"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-your-board")


async def test_an_empty_board_is_not_released(client, registry):
    registry.tokens["mgh_root-of-boards"] = "admin boards:write"
    answer = await client.post(URL, headers=ADMIN)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-release")


def test_a_title_in_bibtex_is_no_command():
    entry = bibtex(
        "overall", "A & B_{c}\\d", 3, datetime(2026, 11, 30, tzinfo=UTC), "http://x", "y"
    )
    assert r"{A \& B\_\{c\}/d, release 3}" in entry
    assert entry.startswith("@misc{overall-3,")


async def test_the_history_has_each_day_and_today_as_it_is_now(
    scored, client, resources, apps: list[FastAPI], caught_up
):
    app = apps[-1]
    keeper = HistoryKeeper(resources, replica_of(app), boards_in(resources))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    await replica_of(app).current()
    await keeper.keep(yesterday)
    scored.score("model-0", "dates", "1" * 10)
    await caught_up()
    answer = await client.get("/v1/boards/overall/history", params={"model": "MODEL-0"})
    assert answer.json() == {
        "board": "overall",
        "model": "model-0",
        "points": [
            {"day": str(yesterday), "place": 5, "of": 5, "mean": 0},
            {"day": str(yesterday + timedelta(days=1)), "place": 1, "of": 5, "mean": 100},
        ],
    }
    unknown = await client.get("/v1/boards/overall/history?model=nobody")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "model-without-results")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_places_are_unpacked_as_they_were_packed(values):
    world = World()
    names = [f"m{number}" for number in range(len(values))]
    for place, name in enumerate(names):
        world.models[name] = place * (MODELS // 3) + 1  # several parts
    world.learn(dict.fromkeys(names, Known()))
    world.add([Result(name, "x", value) for name, value in zip(names, values, strict=True)])
    board = BoardMaker().make(world.facts(), Rules(columns=(Column(benchmark="x"),)))
    parts = dict(packed(board))
    for name, value in zip(names, values, strict=True):
        id = world.models[name]
        found = place_in(parts[id // MODELS], id)
        assert found is not None
        assert found.place == 1 + sum(other > value for other in values)
        assert found.mean == pytest.approx(100 * value, abs=1e-3)
        assert place_in(parts[id // MODELS], id - id % MODELS + 7) is None
