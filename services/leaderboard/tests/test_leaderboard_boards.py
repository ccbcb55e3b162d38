"""Boards: which results are compared, in which order, and how certain the order is."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.boards.ranking import Entry, Rank, columns, ranks, rows
from leaderboard.results.service import Score, Setting
from leaderboard.statistics.intervals import Estimate, mean, normal
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
    assert last["scores"]["dates"]["value"] == 1


async def test_scores_have_intervals_and_so_has_the_mean(demo, client):
    [row] = (await board(client, model="merge"))["items"]
    assert row["scores"]["dates"] == {
        "value": 0.85,
        "low": pytest.approx(0.7672, abs=1e-4),
        "high": pytest.approx(0.9069, abs=1e-4),
    }
    assert row["mean"]["value"] == pytest.approx(0.825)
    assert row["mean"]["low"] < 0.825 < row["mean"]["high"]


async def test_a_merge_is_one_by_its_lineage(demo, client):
    assert [
        (row["model"], row["merged"], row["method"]) for row in (await board(client))["items"]
    ] == [
        ("merge", True, "ties"),
        ("dates", False, None),
        ("units", False, None),
        ("stranger", False, None),
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
    assert row["scores"]["dates"]["value"] == 1


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


def setting(shots: int) -> Setting:
    return Setting("dates", "1", "acc", shots)


def test_a_column_is_the_setting_of_most_models_and_the_newest_of_equals():
    def score(result: int) -> Score:
        return Score(result, 0.5, 0.1, 100, False)

    scores = {"a": {setting(0): score(1)}, "b": {setting(5): score(2)}}
    assert columns(scores) == [setting(5)]
    scores["c"] = {setting(0): score(3)}
    assert columns(scores) == [setting(0)]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8)), max_size=12))
def test_ranks_are_those_of_counting(drawn):
    board = [
        Entry(f"m{number}", {}, Estimate(value, value - width, value + width))
        for number, (value, width) in enumerate(drawn)
    ]
    found = ranks(board)
    for row in board:
        others = [other.mean for other in board]
        assert found[row.model] == Rank(
            place=1 + sum(other.value > row.mean.value for other in others),
            best=1 + sum(other.low > row.mean.high for other in others),
            worst=len(board) - sum(other.high < row.mean.low for other in others),
        )


def test_rows_of_one_column_have_its_score_as_their_mean():
    one = normal(0.5, 0.1)
    [row] = rows({"m": {setting(0): Score(1, 0.5, 0.1, 100, False)}}, [setting(0)])
    assert row.mean == mean([one])


async def test_an_unknown_method_is_refused_with_the_nearest(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/boards/overall?method=tise")
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert (fault["pointer"], fault["suggestion"]) == ("/query/method", "did you mean 'ties'?")
