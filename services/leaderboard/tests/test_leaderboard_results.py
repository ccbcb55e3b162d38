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
