"""A result with its evidence, and results that leave as a file and come back from one."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from leaderboard.results import newest
from leaderboard.results.card import MOST_RESULTS

REAL_DATA = os.environ.get("MERGEHUB_REAL_DATA")
HEADERS = {"Authorization": "Bearer mgh_writer"}
TABLE = "Model,ARC,HellaSwag,Seen\norg/a,64.9,80.1,no\norg/b,55.0,,yes\n"


@pytest.fixture
def send(client: httpx.AsyncClient, registry):
    """Send a file; return the report, or a problem."""
    registry.tokens["mgh_writer"] = "results:write"

    async def post(content: str | bytes, status: int = 200, **asked: Any) -> dict[str, Any]:
        params = {"origin": "table.csv"} | asked
        answer = await client.post(
            "/v1/results/files", params=params, content=content, headers=HEADERS
        )
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    return post


async def listed(client, **asked: Any) -> dict[tuple[str, str], float]:
    items = (await client.get("/v1/results", params={"limit": 200} | asked)).json()["items"]
    return {(each["model"], each["benchmark"]): each["score"]["value"] for each in items}


async def test_a_verified_result_shows_its_run_and_its_items(client, registry, caught_up):
    told = registry.score("m", "dates", "1101")
    await caught_up()
    (result,) = (await client.get("/v1/results")).json()["items"]
    detail = (await client.get(f"/v1/results/{result['id']}")).json()
    assert detail.items() >= result.items()
    assert (detail["items"], detail["run_url"]) == (4, f"/v1/runs/{told.data['run']}")
    assert (detail["also_from"], detail["claims"]) == ([], None)
    found, url = [], f"/v1/results/{result['id']}/items?limit=3"
    while url:
        answer = await client.get(url)
        found += answer.json()["items"]
        url = answer.links.get("next", {}).get("url")
    assert found == [
        {"doc_hash": f"item-{n}", "score": float(each)} for n, each in enumerate("1101")
    ]


async def test_a_result_that_is_not_there(client):
    for path in ("/v1/results/7", "/v1/results/7/items"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "result-not-found")


async def test_a_table_is_imported_as_it_is(send, client):
    dry = await send(TABLE, dry_run=True)
    assert await listed(client) == {}
    report = await send(TABLE)
    assert report == dry | {"dry_run": False}
    assert (report["added"], report["format"]) == (3, "table")
    assert report["mapping"]["benchmarks"]["ARC"]["benchmark"] == "arc"
    again = await send(TABLE, dry_run=True, mapping=json.dumps(report["mapping"]))
    assert (again["repeated"], again["mapping"]) == (3, None)
    assert await listed(client) == {
        ("org/a", "arc"): pytest.approx(0.649),
        ("org/a", "hellaswag"): pytest.approx(0.801),
        ("org/b", "arc"): pytest.approx(0.55),
    }
    assert (await send(TABLE))["repeated"] == 3


async def test_a_mapping_says_what_the_columns_mean(send, client):
    mapping = json.dumps({"model": "Model", "benchmarks": {"ARC": "gsm8k"}, "scale": "0-100"})
    assert (await send(TABLE, mapping=mapping))["added"] == 2
    assert {benchmark for _, benchmark in await listed(client)} == {"gsm8k"}


async def test_an_archive_of_files(send, client):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("one.csv", TABLE)
        files.writestr("two.csv", "model,mmlu\norg/c,0.5\n")
        files.writestr("notes.txt", "nothing to read")
    report = await send(archive.getvalue(), origin="tables.zip")
    assert (report["added"], report["format"]) == (4, "zip of table")


def zipped(**files: str) -> bytes:
    """A ZIP archive; two underscores are a folder, the last one is a dot."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as into:
        for name, text in files.items():
            into.writestr(".".join(name.replace("__", "/").rsplit("_", 1)), text)
    return archive.getvalue()


async def test_the_report_on_an_archive_names_the_file_and_line_of_each_row(send):
    harness = {"model_name": "org/h", "config": {}, "results": {"gsm8k": {"exact_match,x": "?"}}}
    listed = [{"model": "org/a", "arc": 0.3}, {"model": "org/a", "arc": "?!"}]
    content = zipped(
        a__one_csv="model,mmlu\n\norg/a,0.5\norg/b,none at all\n",
        a__two_csv="model,mmlu,arc\norg/a,0.7,0.4\norg/b,0.1,much\n",
        b_json=json.dumps(harness),
        c_json=json.dumps(listed, indent=1),
        notes_txt="nothing to read",
    )
    report = await send(content, origin="runs.zip")
    assert [(each["place"], each["line"]) for each in report["skipped"]["items"]] == [
        ("runs.zip/a/one.csv:4", 4),
        ("runs.zip/a/two.csv:3", 3),
        ("runs.zip/b.json#/results/gsm8k", 1),
        ("runs.zip/c.json#/1", 0),
        ("runs.zip/notes.txt", 0),
    ]
    doubts = {(each["place"], each["benchmark"]): each["why"] for each in
              report["doubtful"]["items"]}  # fmt: skip
    assert "runs.zip/a/one.csv:3" in doubts["runs.zip/a/two.csv:2", "mmlu"]
    assert "runs.zip/a/two.csv:2" in doubts["runs.zip/c.json#/0", "arc"]


async def test_a_doubt_that_is_kept_names_the_file_and_line_of_the_other_row(send, client):
    table = "model,mmlu\norg/x,0.1\norg/a,0.5\norg/a,0.7\n"
    await send(table, origin="table.csv")
    (kept,) = (await client.get("/v1/results", params={"model": "org/a"})).json()["items"]
    assert "table.csv:3" in kept["doubt"]


@pytest.mark.parametrize(
    ("content", "asked"),
    [
        ("\x00\x01", {}),
        (TABLE, {"mapping": "benchmarks: {ARC: arc}"}),
        (TABLE, {"mapping": "not: [yaml"}),
    ],
    ids=["bytes", "mapping without a model", "no mapping"],
)
async def test_a_file_that_cannot_be_read_says_why(send, content, asked):
    problem = await send(content, status=422, **asked)
    assert problem["code"] == "unreadable-file"
    assert problem["detail"]


async def test_a_card_is_of_one_model_and_comes_back(send, client):
    await send(TABLE)
    asked = {"format": "model-index"}
    refused = (await client.get("/v1/results/export", params=asked)).json()
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [
        ("/query/model", "one_model_for_a_card")
    ]
    assert "jsonl" in refused["errors"][0]["suggestion"]
    file = await client.get("/v1/results/export", params=asked | {"model": "ORG/A"})
    assert file.headers["content-type"] == "text/markdown; charset=utf-8"
    back = await send(file.text, origin="README.md")
    assert (back["repeated"], back["added"], back["skipped"]["count"]) == (2, 0, 0)


def described(number: int) -> dict[str, Any]:
    """A result with everything that a card can hold."""
    return {
        "model": "org/many", "benchmark": f"own-{number}", "version": "v1", "subtask": "part",
        "metric": "acc", "value": 0.5, "stderr": 0.01, "count": 100, "of": 100, "shots": 5,
        "chat_template": True, "harness": "lm-eval", "harness_version": "0.4.9", "seed": 1,
        "task_hash": "1f2e", "evaluated_on": "2026-11-01", "precision": "bfloat16",
        "revision": "abcdef", "limited": True,
    }  # fmt: skip


async def test_a_card_holds_as_many_results_as_come_back_and_no_more(send, client):
    lines = [json.dumps(described(number)) for number in range(MOST_RESULTS)]
    await send("\n".join(lines), origin="many.jsonl")
    asked = {"format": "model-index", "model": "org/many"}
    card = await client.get("/v1/results/export", params=asked)
    back = await send(card.text, origin="README.md", dry_run=True)
    assert (back["repeated"], back["added"], back["skipped"]["count"]) == (MOST_RESULTS, 0, 0)
    await send(json.dumps(described(MOST_RESULTS)), origin="many.jsonl")
    refused = await client.get("/v1/results/export", params=asked)
    assert refused.status_code == 422
    [fault] = refused.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/query/format", "card_too_large")
    few = await client.get("/v1/results/export", params=asked | {"benchmark": "own-7"})
    assert few.status_code == 200


@pytest.mark.parametrize("format", ["csv", "jsonl", "every-eval-ever"])
async def test_what_leaves_as_a_file_comes_back(send, client, format):
    await send(TABLE)
    file = await client.get("/v1/results/export", params={"format": format})
    assert file.status_code == 200, file.text
    assert (await send(file.text, dry_run=True))["skipped"]["count"] == 0
    before = await listed(client)
    await send(file.text, source="community", origin="again")
    assert await listed(client, source="community") == before


@pytest.mark.parametrize(
    ("asked", "models"),
    [
        ({"benchmark": "ARC"}, ["org/b", "org/a"]),
        ({"benchmark": "hellaswag"}, ["org/a"]),
        ({"benchmark": "hellaswag", "source": "verified"}, []),
        ({"version": "challenge"}, ["org/b", "org/a"]),
        ({"origin": "table.csv"}, ["org/b", "org/a", "org/a"]),
        ({"origin": "table.csv", "benchmark": "ARC", "history": True}, ["org/b", "org/a"]),
        ({"origin": "other.csv"}, []),
        ({"precision": "4bit"}, []),
        ({"source": "imported", "model": "org/a"}, ["org/a", "org/a"]),
    ],
)
async def test_filters_leave_the_newest_first(send, client, asked, models):
    await send(TABLE, origin="table.csv")
    found, cursor = [], None
    while cursor is not None or not found:
        query = asked | {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/results", params=query)).json()
        found += [each["model"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(found, reverse=True) == models


async def test_a_filter_that_leaves_few_of_many_finds_them_all(send, client):
    rows = [f"org/m{n:02},{'4bit' if n % 13 == 0 else 'float16'},0.1{n:02}" for n in range(40)]
    for value in ("", "9"):  # the first score of each is history then
        lines = [row + value for row in rows]
        await send("\n".join(["model,precision,arc", *lines]) + "\n", origin="table.csv")
    for asked in ({"benchmark": "ARC"}, {"origin": "table.csv"}):
        for history, times in ((False, 1), (True, 2)):
            query = asked | {"precision": "4bit", "history": history, "limit": 1}
            found, page = [], {"next_cursor": ""}
            while page["next_cursor"] is not None:
                more = {"cursor": page["next_cursor"]} if found else {}
                page = (await client.get("/v1/results", params=query | more)).json()
                found += page["items"]
            assert [each["id"] for each in found] == sorted((e["id"] for e in found), reverse=True)
            named = ["org/m39", "org/m26", "org/m13", "org/m00"]
            assert sorted((e["model"] for e in found), reverse=True) == sorted(
                named * times, reverse=True
            )


@pytest.mark.parametrize(
    "asked",
    [
        {"origin": "table.csv", "benchmark": "arc"},
        {"origin": "table.csv", "version": "1", "benchmark": "arc"},
        {"origin": "table.csv", "source": "verified"},
        {"benchmark": "mmlu", "source": "verified"},
        {"origin": "table.csv", "precision": "4bit"},
        {"benchmark": "mmlu", "precision": "4bit"},
    ],
)
async def test_no_filter_is_looked_for_in_all_that_another_one_leaves(
    send, client, asked, monkeypatch
):
    """However many facts an origin or a benchmark has, the list reads one index."""
    rounds, one_round = [], newest._candidates
    monkeypatch.setattr(newest, "_candidates", lambda *of: rounds.append(of) or one_round(*of))
    rows = [f"org/m{number},{'float16' if number else '4bit'}" for number in range(30)]
    for benchmark in ("arc", "mmlu"):
        lines = [f"{row},0.5" for row in rows]
        await send("\n".join([f"model,precision,{benchmark}", *lines]) + "\n", origin="table.csv")
    found = (await client.get("/v1/results", params=asked | {"limit": 1})).json()
    assert len(found["items"]) == (0 if {"source", "version"} & asked.keys() else 1)
    assert len(rounds) <= 1


async def test_a_record_has_all_results_of_a_model(send, client):
    rows = [f"org/{model},{precision}" for model in "ab" for precision in ("bfloat16", "4bit")]
    for benchmark in ("arc", "mmlu", "hellaswag"):
        lines = [f"{row},0.5" for row in rows]
        await send("\n".join([f"model,precision,{benchmark}", *lines]) + "\n", origin=benchmark)
    asked = {"format": "every-eval-ever"}
    lines = (await client.get("/v1/results/export", params=asked)).text.splitlines()
    assert [len(json.loads(line)["evaluation_results"]) for line in lines] == [3] * 4


async def test_an_export_has_what_a_filter_leaves(send, client):
    await send(TABLE)
    asked = {"format": "jsonl", "benchmark": "ARC", "model": "ORG/b"}
    lines = (await client.get("/v1/results/export", params=asked)).text.splitlines()
    assert [json.loads(line)["model"] for line in lines] == ["org/b"]


async def test_benchmarks_have_their_definitions(send, client):
    await send(TABLE)
    await send("model,my own test\norg/a,0.5\n", origin="own.csv")
    arc = (await client.get("/v1/benchmarks/arc_challenge")).json()
    assert (arc["name"], arc["defined"], arc["results"]) == ("arc", True, 2)
    assert arc["versions"][0]["metrics"][0] == {
        "metric": "acc_norm",
        "title": "Accuracy, choices compared by likelihood per byte",
        "main": True,
        "direction": "higher",
        "baseline": pytest.approx(0.25, abs=0.001),
    }
    own = (await client.get("/v1/benchmarks/my-own-test")).json()
    assert (own["defined"], own["results"]) == (False, 1)
    missing = await client.get("/v1/benchmarks/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "benchmark-not-found")


@pytest.mark.skipif(not REAL_DATA, reason="MERGEHUB_REAL_DATA names no folder of real data")
async def test_a_published_leaderboard_is_imported_whole(send, client):
    file = Path(REAL_DATA or "") / "leaderboards" / "open_llm_v2_every_eval_ever_flat.csv"
    report = await send(file.read_bytes(), origin=file.name)
    assert report["skipped"]["count"] == 0
    assert report["added"] + report["repeated"] == 6 * 4574
    assert report["models_new"] > 4400
