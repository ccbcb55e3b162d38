"""The results as clients see them, errors, and the OpenAPI documents that clients are made from."""

from __future__ import annotations

import json
import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from leaderboard.app import create_app
from leaderboard.tables import Base
from mergehub.benchmarks.catalogue import benchmarks as catalogue
from mergehub.contracts.services import SERVICES
from mergehub.kit.settings.service import ServiceSettings

REFERENCE = re.compile(r"#/components/schemas/([\w.-]+)")


async def test_a_result_tells_all_that_is_known_of_it(registry, client, caught_up):
    told = registry.score("m", "dates", "1101")
    await caught_up()
    [result] = (await client.get("/v1/results")).json()["items"]
    score = result.pop("score")
    assert (score["value"], score["low"] > 0, score["high"] < 1) == (0.75, True, True)
    result.pop("id")
    assert result.pop("created_at")[:19] == told.time.isoformat()[:19]
    assert result.pop("evaluated_at")[:19] == told.time.isoformat()[:19]
    assert result == {
        "model": "m",
        "revision": "sha256:m",
        "precision": "",
        "benchmark": "dates",
        "version": "1",
        "subtask": "",
        "metric": "acc",
        "shots": 0,
        "chat_template": None,
        "task_hash": None,
        "stderr": 0.05,
        "count": 4,
        "full": True,
        "seed": None,
        "harness": "lm-eval 0.4",
        "harness_version": "",
        "run": told.data["run"],
        "source": "verified",
        "origin": "registry",
        "account": None,
        "current": True,
        "withdrawn": None,
        "doubt": None,
    }


async def test_results_page_newest_first(registry, client, caught_up):
    for number in range(5):
        registry.score(f"m{number}", "dates", "10")
    registry.score("other", "units", "10")
    await caught_up()
    models, url = [], "/v1/results?benchmark=dates&limit=2"
    while url:
        answer = await client.get(url)
        models += [result["model"] for result in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url")
    assert models == ["m4", "m3", "m2", "m1", "m0"]


async def test_benchmarks_page_by_name_with_their_size(registry, client, caught_up):
    registry.score("m", "units", "10")
    registry.score("m", "dates", "10", version="2")
    registry.score("m", "dates", "1101")
    registry.score("n", "dates", "10")
    await caught_up()
    found, url = [], "/v1/benchmarks?limit=1"
    while url:
        answer = await client.get(url)
        found += answer.json()["items"]
        url = answer.links.get("next", {}).get("url")
    assert [each["name"] for each in found] == sorted({*catalogue(), "dates", "units"})
    versions = {
        (each["name"], version["version"]): version["items"]
        for each in found
        for version in each["versions"]
        if not each["defined"]
    }
    assert versions == {("dates", "1"): 4, ("dates", "2"): 2, ("units", "1"): 2}


async def test_the_boards_that_there_are(client):
    boards = (await client.get("/v1/boards")).json()["items"]
    assert boards[0]["name"] == "overall"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/boards/nowhere", 404, "board-not-found"),
        ("/v1/boards/overall?cursor=rubbish", 400, "bad-cursor"),
        ("/v1/results?cursor=rubbish", 400, "bad-cursor"),
        ("/v1/results?model=%00", 422, "invalid"),
        ("/v1/benchmarks?cursor=rubbish", 400, "bad-cursor"),
        ("/v1/uplift", 422, "invalid"),
    ],
)
async def test_bad_requests_are_problems(client, path, status, code):
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_service_says_when_it_is_ready(client):
    assert (await client.get("/readyz")).status_code == 200


async def test_models_and_migrations_agree(resources):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)

    async with resources.database.engine.connect() as connection:
        found = await connection.run_sync(differences)
    assert [each for each in found if each[1].name != "alembic_version"] == []


def test_outputs_have_no_defaults():
    document = create_app(ServiceSettings()).openapi()
    schemas, told = document["components"]["schemas"], set[str]()
    answers = [
        operation["responses"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
    found = set(REFERENCE.findall(json.dumps(answers)))
    while found:
        told |= found
        found = set(REFERENCE.findall(json.dumps([schemas[name] for name in found]))) - told
    assert "ResultPage" in told
    for name in told:
        of = schemas[name]
        assert set(of.get("required", ())) == set(of.get("properties", ())), name


def test_every_path_is_one_that_the_table_gives_to_the_leaderboard():
    [service] = [service for service in SERVICES if service.name == "leaderboard"]
    for path in create_app(ServiceSettings()).openapi()["paths"]:
        assert path.startswith(service.prefixes)
