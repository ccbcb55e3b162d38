"""Results in bulk: what is taken in, what is skipped or odd, and why."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text

from leaderboard.facts.models import ChangeRow, FactRow, ModelRow
from leaderboard.models.models import FormerNameRow, ModelFactsRow


@pytest.fixture
def bring(client: httpx.AsyncClient, registry):
    """Import rows; return the report, or a problem."""
    registry.tokens["mgh_writer"] = "results:write"

    async def post(*results: dict[str, Any], status: int = 200, **body: Any) -> dict[str, Any]:
        body = {"origin": "file.csv", "results": list(results)} | body
        headers = {"Authorization": "Bearer mgh_writer"}
        answer = await client.post("/v1/results/imports", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    return post


@pytest.fixture
def listed(client: httpx.AsyncClient):
    """The results that a list has."""

    async def get(**asked: Any) -> list[dict[str, Any]]:
        answer = await client.get("/v1/results", params=asked)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    return get


def row(model: str = "me/m", benchmark: str = "arc", value: float = 0.5, **more: Any):
    return {"model": model, "benchmark": benchmark, "value": value, **more}


def whys(report: dict[str, Any], which: str) -> dict[int, str]:
    assert report[which]["count"] == len(report[which]["items"])
    return {each["line"]: each["why"] for each in report[which]["items"]}


async def test_what_a_row_states_is_a_fact(bring, listed):
    stated = row(
        "me/M", "ARC (25-shot)", 0.64, revision="abc", precision="torch.bfloat16", stderr=0.014,
        count=1172, shots=25, chat_template=False, harness="lm-eval", harness_version="0.4.9",
        seed=7, evaluated_on="2026-11-20",
    )  # fmt: skip
    report = await bring(stated, source="community")
    assert report | {"skipped": 0, "doubtful": 0} == {
        "dry_run": False, "added": 1, "repeated": 0, "replaced": 0, "skipped": 0, "doubtful": 0,
        "models_new": 1, "benchmarks_new": [],
    }  # fmt: skip
    (result,) = await listed(model="ME/m")
    expected = {
        "model": "me/M", "revision": "abc", "precision": "bfloat16", "benchmark": "arc",
        "version": "challenge", "subtask": "", "metric": "acc_norm", "shots": 25,
        "chat_template": False, "stderr": 0.014, "count": 1172, "full": True, "seed": 7,
        "source": "community", "origin": "file.csv", "account": "ann", "harness": "lm-eval",
        "harness_version": "0.4.9", "run": None, "current": True, "doubt": None,
    }  # fmt: skip
    assert {name: result[name] for name in expected} == expected
    assert result["evaluated_at"][:10] == "2026-11-20"
    assert result["score"]["low"] < 0.64 < result["score"]["high"]


async def test_the_same_rows_again_change_nothing(bring, resources):
    rows = [row(f"me/m{n}", value=n / 10) for n in range(5)]
    assert (await bring(*rows))["added"] == 5
    again = await bring(*reversed(rows), *rows, origin="other.csv")
    assert (again["added"], again["repeated"], again["models_new"]) == (0, 10, 0)
    async with resources.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(FactRow)) == 5
        assert await session.scalar(select(func.count()).select_from(ChangeRow)) == 1


async def test_a_dry_run_says_the_same_and_writes_nothing(bring, resources):
    rows = [row(value=0.4), row(value=64.9, line=7), row("me/other", "my test", 0.3)]
    dry = await bring(*rows, dry_run=True)
    async with resources.database.transaction() as session:
        for table in ("models", "measures", "settings", "variants", "origins", "facts", "changes"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    assert dry == await bring(*rows) | {"dry_run": True}
    assert (dry["added"], dry["benchmarks_new"]) == (2, ["my-test"])


async def test_a_newer_score_of_the_same_thing_keeps_the_older_as_history(bring, listed):
    await bring(row(value=0.4, evaluated_on="2026-01-01"))
    report = await bring(row(value=0.5, evaluated_on="2026-02-01"))
    assert (report["added"], report["replaced"]) == (1, 1)
    older = await bring(row(value=0.3, evaluated_on="2025-02-01"), row(value=0.2))
    assert (older["added"], older["replaced"]) == (2, 0)
    assert [each["score"]["value"] for each in await listed()] == [0.5]
    history = await listed(history=True)
    assert [(each["score"]["value"], each["current"]) for each in history] == [
        (0.2, False), (0.3, False), (0.5, True), (0.4, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (row(value=64.9), "64.9 is outside of the range of acc_norm, 0 to 1: it looks like a"),
        (row(value=-0.1), "-0.1 is outside of the range of acc_norm, 0 to 1."),
        (row(stderr=1.4), "A standard error of 1.4 is impossible for a share"),
        (row(count=1173), "1,173 items were scored, and arc has 1,172."),
        (row(benchmark="mine", count=11, of=10), "11 items were scored, and mine has 10."),
        (row("https://example.org/x"), "An address is not a name."),
        (row(benchmark="???"), "'???' names no benchmark."),
        (row(items=[["a", 1], ["a", 1]], value=1), "The same item is there twice."),
        (
            row(evaluated_on=(datetime.now(UTC) + timedelta(days=9)).date().isoformat()),
            "is in the future",
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_a_row_that_cannot_be_true_is_skipped(bring, listed, fault, why):
    report = await bring(row("me/good"), fault | {"line": 17})
    assert why in whys(report, "skipped")[17]
    assert (report["added"], report["doubtful"]["count"]) == (1, 0)
    assert [each["model"] for each in await listed()] == ["me/good"]


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (row(metric="f2"), "Arc (challenge) has no metric f2: it has acc_norm, acc."),
        (row("me/m", "bbh", subtask="poems"), "Bbh (open-llm-2) has no subtask poems."),
        (row(benchmark="mine", value=64.9), "64.9 may be a percentage"),
        (row(count=10, of=20, limited=False), "10 of 20 items are not all"),
        (row(stderr=0.2, count=1000), "A standard error of 0.2 is too large for 1,000 items"),
        (row(items=[["a", 1], ["b", 0]], value=0.8), "The mean of its items is 0.5, not 0.8."),
        (row(items=[["a", 1], ["b", 0]], count=3), "the scores of 2 items, not of 3"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_an_odd_row_is_taken_in_with_the_doubt(bring, listed, odd, why):
    report = await bring(odd | {"line": 17})
    assert why.lower() in whys(report, "doubtful")[17].lower()
    assert (report["added"], report["skipped"]["count"]) == (1, 0)
    (result,) = await listed()
    assert result["doubt"] == whys(report, "doubtful")[17]


async def test_rows_that_contradict_each_other_are_doubtful(bring):
    report = await bring(
        row(value=0.4, claims={"merged": True}),
        row(value=0.5, line=9, claims={"merged": False}),
        row("me/other", value=0.5, claims={"merged": False}),
    )
    assert whys(report, "doubtful") == {
        9: "Another value of the same, 0.4, is in line 1. "
        "Another claim of the model's merged, True, is in line 1."
    }


async def test_another_origin_that_says_otherwise_is_doubtful(bring):
    said = {"one.csv": 0.4, "two.csv": 0.402, "three.csv": 0.48}
    same, near, far = [await bring(row(value=said[each]), origin=each) for each in said]
    assert whys(same, "doubtful") == whys(near, "doubtful") == {}
    assert whys(far, "doubtful") == {1: "The origin two.csv has another value of the same, 0.402."}


async def test_claims_that_lineage_knows_better_are_doubtful(bring, resources):
    async with resources.database.transaction() as session:
        session.add(ModelRow(name="me/m"))
        await session.flush()
        model = await session.scalar(select(ModelRow.id))
        session.add(
            ModelFactsRow(
                model_id=model, lineage_id="5f0c2f0e-6a8e-4c34-9c51-0d1f6f0f4a11", kind="merge",
                licence="mit", architecture="llama", domains=[], flags=[], position=1,
            )
        )  # fmt: skip
    agrees = await bring(row(benchmark="bbh", claims={"merged": True, "licence": "MIT License"}))
    assert whys(agrees, "doubtful") == {}
    claims = {"merged": False, "licence": "Apache License 2.0", "architecture": "qwen"}
    report = await bring(row(claims=claims))
    (why,) = whys(report, "doubtful").values()
    assert "claims that the model is not a merge; lineage knows that it is a merge." in why
    assert "claims the licence Apache License 2.0, and lineage knows mit." in why
    assert "claims the architecture qwen, and lineage knows llama." in why


async def test_a_former_name_finds_the_model(bring, listed, resources):
    await bring(row("org/new"))
    async with resources.database.transaction() as session:
        model = await session.scalar(select(ModelRow.id))
        session.add(FormerNameRow(name="org/Old", model_id=model))
    assert (await bring(row("ORG/old", "bbh")))["models_new"] == 0
    assert {each["model"] for each in await listed(model="org/OLD")} == {"org/new"}


async def test_fewer_items_than_the_benchmark_has_are_limited(bring, listed):
    await bring(
        row("me/few", count=100),
        row("me/said", limited=True),
        row("me/part", "mine", count=5, of=10),
        row("me/whole", "mine", count=10, of=10),
        row("me/unknown"),
    )
    full = {each["model"]: each["full"] for each in await listed()}
    assert full == {
        "me/few": False, "me/said": False, "me/part": False, "me/whole": True, "me/unknown": True,
    }  # fmt: skip


async def test_an_import_never_makes_a_benchmark_larger(bring, listed, registry, caught_up):
    registry.score("m", "dates", "1101", shots=0)
    await caught_up()
    report = await bring(row("me/many", "dates", version="1", metric="acc", count=10**6, shots=0))
    assert "Dates has 4 items" in whys(report, "doubtful")[1]
    assert {each["model"]: each["full"] for each in await listed()} == {"m": True, "me/many": True}


async def test_items_come_along(bring, resources):
    items = [[f"hash-{n}", float(n % 2)] for n in range(100)]
    assert (await bring(row(items=items, count=100)))["doubtful"]["count"] == 0
    async with resources.database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM fact_items")) == 1


async def test_who_may_import(client, registry):
    registry.tokens["mgh_other"] = "lineage:write"
    body = {"origin": "x", "results": []}
    for token, status in (("mgh_other", 403), ("mgh_unknown", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.post("/v1/results/imports", json=body, headers=headers)
        assert answer.status_code == status


async def test_a_body_that_is_no_import_says_where(bring):
    problem = await bring(row(valeu=1), status=422)
    assert [fault["pointer"] for fault in problem["errors"]] == ["/results/0/valeu"]
    problem = await bring(row(value=True), status=422)
    assert problem["errors"][0]["pointer"] == "/results/0/value"


async def test_imports_at_once_lose_nothing(bring, resources):
    rows = [row(f"me/m{n}", benchmark, n / 50) for n in range(50) for benchmark in ("arc", "bbh")]
    reports = await asyncio.gather(
        *(bring(*(rows if each % 2 else reversed(rows)), origin=f"{each}") for each in range(6))
    )
    assert sum(each["added"] for each in reports) == 100
    assert sum(each["models_new"] for each in reports) == 50
    async with resources.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(FactRow)) == 100
