"""Boards: which results are compared, in which order, and how certain the order is."""

from __future__ import annotations

import httpx
import pytest

from leaderboard.boards.catalogue import built_in
from mergehub.contracts.kinds.merge import Parent


@pytest.fixture
async def demo(registry, caught_up):
    """Two specialists and their merge, measured on two benchmarks; another model, on one."""
    registry.merge("merge", Parent(name="dates"), Parent(name="units"))
    for model, on_dates, on_units in (
        ("dates", "1" * 90 + "0" * 10, "1" * 10 + "0" * 90),
        ("units", "1" * 10 + "0" * 90, "1" * 90 + "0" * 10),
        ("merge", "1" * 85 + "0" * 15, "1" * 80 + "0" * 20),
    ):
        registry.score(model, "dates", on_dates)
        registry.score(model, "units", on_units)
    registry.score("stranger", "dates", "1" * 100)
    await caught_up()
    return registry


async def board(client: httpx.AsyncClient, **query: object) -> dict:
    answer = await client.get("/v1/boards/overall", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_rows_stand_by_their_mean_and_incomplete_ones_behind(demo, client):
    found = await board(client)
    assert [row["model"] for row in found["items"]] == ["merge", "dates", "units", "stranger"]
    assert found["ranked"] == 3
    assert [row["rank"] for row in found["items"]] == [
        {"place": 1, "best": 1, "worst": 1},
        {"place": 2, "best": 2, "worst": 3},
        {"place": 2, "best": 2, "worst": 3},
        None,
    ]
    last = found["items"][-1]
    assert (last["mean"], last["missing"]) == (None, ["units"])
    assert last["scores"]["dates"]["value"] == 100


async def test_scores_have_intervals_and_so_has_the_mean(demo, client):
    [row] = (await board(client, model="merge"))["items"]
    score = row["scores"]["dates"]
    assert (score["value"], score["raw"], score["source"]) == (85, 0.85, "verified")
    assert score["low"] == pytest.approx(76.72, abs=1e-2)
    assert score["high"] == pytest.approx(90.69, abs=1e-2)
    assert row["mean"]["value"] == pytest.approx(82.5)
    assert row["mean"]["low"] < 82.5 < row["mean"]["high"]


async def test_a_merge_is_one_by_its_lineage(demo, client):
    assert [
        (row["model"], row["merged"], row["method"]) for row in (await board(client))["items"]
    ] == [
        ("merge", True, "ties"),
        ("dates", None, None),  # lineage has not told of the others
        ("units", None, None),
        ("stranger", None, None),
    ]


@pytest.mark.parametrize(
    ("query", "models"),
    [
        ({"merged": True}, ["merge"]),
        ({"merged": False}, ["dates", "units", "stranger"]),
        ({"method": "ties"}, ["merge"]),
        ({"method": "slerp"}, []),
        ({"model": ["units", "merge"]}, ["merge", "units"]),
    ],
)
async def test_filters_keep_the_ranks_of_the_whole_board(demo, client, query, models):
    found = await board(client, **query)
    assert [row["model"] for row in found["items"]] == models
    assert found["ranked"] == 3
    if models[-1:] == ["units"]:
        assert found["items"][-1]["rank"]["place"] == 2


async def test_pages_hold_every_row_once(demo, client):
    models, url = [], "/v1/boards/overall?limit=1"
    while url:
        answer = await client.get(url)
        models += [row["model"] for row in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url")
    assert models == ["merge", "dates", "units", "stranger"]


async def test_the_newest_result_counts(demo, client, caught_up):
    demo.score("dates", "dates", "1" * 100)
    await caught_up()
    [row] = (await board(client, model="dates"))["items"]
    assert row["scores"]["dates"]["raw"] == 1


async def test_a_part_of_a_benchmark_does_not_stand_beside_full_runs(demo, client, caught_up):
    demo.score("quick", "dates", "1" * 10)
    await caught_up()
    assert (await board(client, model="quick"))["items"] == []
    [result] = (await client.get("/v1/results", params={"model": "quick"})).json()["items"]
    assert (result["full"], result["count"]) == (False, 10)


@pytest.mark.parametrize("other", [{"version": "2"}, {"shots": 5}, {"metric": "f1"}])
async def test_another_setting_does_not_meet_the_column(demo, client, caught_up, other):
    demo.score("odd", "dates", "1" * 100, **other)
    demo.score("odd", "units", "1" * 100)
    await caught_up()
    found = await board(client)
    assert [column["benchmark"] for column in found["columns"]] == ["dates", "units"]
    [odd] = [row for row in found["items"] if row["model"] == "odd"]
    assert (odd["rank"], odd["missing"]) == (None, ["dates"])


async def test_an_empty_board_is_empty(client):
    found = await board(client)
    assert (found["columns"], found["items"], found["next_cursor"]) == ([], [], None)


async def test_an_unknown_method_is_refused_with_the_nearest(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/boards/overall?method=tise")
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert (fault["pointer"], fault["suggestion"]) == ("/query/method", "did you mean 'ties'?")


async def test_the_boards_of_the_hub_state_their_rules(client):
    found = (await client.get("/v1/boards")).json()["items"]
    assert [each["name"] for each in found] == list(built_in())
    overall, v2 = found[0], found[1]
    assert overall["columns"] == {"domains": [], "share": 0.5, "most": 40}
    assert [each["benchmark"] for each in v2["columns"]] == [
        *("ifeval", "bbh", "math", "gpqa", "musr", "mmlu-pro")
    ]
    assert (v2["missing"], v2["owner"]) == ("no mean and no rank", None)


async def test_the_list_says_how_many_models_each_board_ranks(demo, client):
    found = (await client.get("/v1/boards")).json()["items"]
    ranked = {each["name"]: each["ranked"] for each in found}
    assert (ranked["overall"], ranked["open-llm-v2"], ranked["maths"]) == (3, 0, 0)
    page = await board(client)
    assert page["ranked"] == ranked["overall"]
    assert "ranked" not in page["board"]


async def test_facets_and_points_are_of_the_rows_that_filters_keep(demo, client):
    facets = (await client.get("/v1/boards/overall/facets?method=ties")).json()
    assert facets["matching"] == 1
    assert {each["value"]: each["models"] for each in facets["method"]} == {"unknown": 3, "ties": 1}
    assert facets["base"] == [{"value": "dates", "models": 1}, {"value": "units", "models": 1}]
    points = (await client.get("/v1/boards/overall/points")).json()
    assert (points["points"], points["truncated"]) == ([], False)  # no size is known


async def test_a_board_that_is_not_there_is_named_with_those_that_are(client):
    answer = await client.get("/v1/boards/overal")
    assert (answer.status_code, answer.json()["code"]) == (404, "board-not-found")
    assert "overall, open-llm-v2" in answer.json()["detail"]


async def test_only_verified_results_count_if_that_is_asked(demo, client):
    found = await board(client, verified=True)
    assert found["ranked"] == 3
