"""Boards that people make: who may change them, and what they show."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from leaderboard.boards.own.models import OwnBoardRow

WRITER = {"Authorization": "Bearer mgh_ann-of-boards"}
BODY = {
    "name": "small-maths",
    "title": "Small maths",
    "summary": "Two benchmarks.",
    "columns": [{"benchmark": "gsm8k", "weight": 3}, {"benchmark": "math"}],
}


@pytest.fixture
async def ann(client: httpx.AsyncClient, registry) -> httpx.AsyncClient:
    """The client; `mgh_ann-of-boards` may write boards."""
    registry.tokens["mgh_ann-of-boards"] = "boards:write"
    return client


async def made(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/v1/boards", json=BODY | changes, headers=WRITER)


async def test_a_board_has_the_columns_and_weights_that_its_owner_states(ann, registry, caught_up):
    registry.score("both", "dates", "1" * 8 + "0" * 2)
    registry.score("both", "units", "0" * 10)
    registry.score("one", "dates", "1" * 10)
    await caught_up()
    columns = [{"benchmark": "dates", "weight": 3}, {"benchmark": "units"}]
    answer = await made(ann, columns=columns)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == "/v1/boards/ann~small-maths"
    page = (await ann.get("/v1/boards/ann~small-maths")).json()
    assert [(row["model"], row["mean"] and row["mean"]["value"]) for row in page["items"]] == [
        ("both", 60),
        ("one", None),
    ]
    listed = (await ann.get("/v1/boards?limit=200")).json()["items"]
    assert (listed[-1]["name"], listed[-1]["owner"]) == ("ann~small-maths", "ann")
    assert listed[-1]["ranked"] == 1


async def test_boards_come_in_pages_those_of_the_hub_first(ann):
    await made(ann)
    names, url = [], "/v1/boards?limit=3"
    while url:
        answer = await ann.get(url)
        names += [each["name"] for each in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url")
    assert (names[0], names[-1], len(set(names))) == ("overall", "ann~small-maths", len(names))


async def test_a_change_needs_the_state_that_it_starts_from(ann):
    tag = (await made(ann)).headers["ETag"]
    url = "/v1/boards/ann~small-maths"
    assert (await ann.get(f"{url}/definition")).headers["ETag"] == tag
    assert (await ann.patch(url, json={"title": "New"}, headers=WRITER)).status_code == 428
    first = await ann.patch(url, json={"title": "New"}, headers=WRITER | {"If-Match": tag})
    assert (first.status_code, first.json()["title"], first.json()["version"]) == (200, "New", 2)
    late = await ann.patch(url, json={"title": "Late"}, headers=WRITER | {"If-Match": tag})
    assert late.status_code == 412
    gone = await ann.delete(url, headers=WRITER | {"If-Match": first.headers["ETag"]})
    assert gone.status_code == 204
    assert (await ann.get(url)).status_code == 404


@pytest.mark.parametrize(("owner", "status"), [("writers", 201), ("readers", 403), ("others", 403)])
async def test_members_who_may_write_make_boards_of_their_organisation(ann, owner, status):
    answer = await made(ann, owner=owner)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "not-your-board"


async def test_nobody_changes_a_board_of_the_hub(ann):
    answer = await ann.patch(
        "/v1/boards/overall", json={"title": "Mine"}, headers=WRITER | {"If-Match": "*"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not-your-board")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": "Small Maths"}, "/name"),
        ({"columns": []}, "/columns"),
        ({"columns": [{"benchmark": "dates"}, {"benchmark": "dates"}]}, "/columns"),
        ({"columns": [{"benchmark": "dates", "weight": -1}]}, "/columns"),
        ({"colums": []}, "/colums"),
    ],
)
async def test_a_faulty_board_is_refused_where_the_fault_is(ann, changes, pointer):
    answer = await made(ann, **changes)
    assert answer.status_code == 422
    assert any(each["pointer"].startswith(pointer) for each in answer.json()["errors"])


async def test_the_same_name_is_taken(ann):
    await made(ann)
    assert (await made(ann)).json()["code"] == "board-name-taken"


@pytest.mark.parametrize(
    ("columns", "pointer", "told"),
    [
        ([{"benchmark": "dates", "weight": -1}], "/columns/0/weight", "must be greater than 0.0"),
        ([{"benchmark": "gsm8k"}] * 2, "/columns", "each benchmark may be one column only"),
    ],
)
async def test_columns_that_cannot_be_have_one_fault_in_our_words(ann, columns, pointer, told):
    answer = await made(ann, columns=columns)
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert (fault["pointer"], fault["detail"]) == (pointer, told)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("gsm9k", "did you mean 'gsm8k'"),
        ("mmlu_pro", "did you mean 'mmlu-pro'?"),
        ("leaderboard_musr", "did you mean 'musr'?"),
        ("my-own-datez", "did you mean 'my-own-dates'"),
        ("qqqqqqqq", None),
    ],
)
async def test_a_benchmark_that_is_not_defined_and_has_no_result_is_refused_with_the_nearest(
    ann, registry, caught_up, name, meant
):
    registry.score("any", "my-own-dates", "1" * 10)
    await caught_up()
    columns = [{"benchmark": "my-own-dates"}, {"benchmark": "gsm8k"}]
    assert (await made(ann, columns=columns)).status_code == 201
    changed = await ann.patch(
        "/v1/boards/ann~small-maths",
        json={"columns": [*columns, {"benchmark": name}]},
        headers=WRITER | {"If-Match": "*"},
    )
    refused = await made(ann, name="other", columns=[*columns, {"benchmark": name}])
    for answer in (refused, changed):
        assert answer.status_code == 422, answer.text
        [fault] = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("/columns/2/benchmark", "unknown_benchmark")
        assert repr(name) in fault["detail"]
        assert (fault["suggestion"] or "").startswith(meant or "")
        assert (fault["suggestion"] is None) == (meant is None)


async def test_a_board_whose_benchmark_lost_its_results_may_still_change_its_title(ann, resources):
    async with resources.database.transaction() as session:
        session.add(OwnBoardRow(
            name="ann~old", owner="ann", title="T", summary="S", domains=[], version=1,
            rules={"columns": [{"benchmark": "gone"}]},
        ))  # fmt: skip
    answer = await ann.patch(
        "/v1/boards/ann~old", json={"title": "New"}, headers=WRITER | {"If-Match": "*"}
    )
    assert (answer.status_code, answer.json()["title"]) == (200, "New")
