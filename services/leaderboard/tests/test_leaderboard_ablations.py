"""Ablations: what each ingredient adds, by item where items are known, once for each run."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from leaderboard.ablations.models import AblationRow
from mergehub.contracts.events import AblationCompleted, ToldCandidate, ToldScore


def told(
    candidates: dict[str | None, dict[str, str | float]], **changes: Any
) -> tuple[AblationCompleted, dict[str, dict[str, float]]]:
    """An ablation whose scores are texts like `1101`, or only means; and its item scores."""
    run, items, listed = uuid4(), dict[str, dict[str, float]](), list[ToldCandidate]()
    for place, (without, scores) in enumerate(candidates.items()):
        results = []
        for benchmark, score in scores.items():
            mine = {f"i{n}": float(each) for n, each in enumerate(score)} if isinstance(
                score, str
            ) else {}  # fmt: skip
            name = f"{benchmark}~{place}" if place else benchmark
            if mine:
                items[f"{run} {name}"] = mine
            results.append(
                ToldScore(
                    benchmark=benchmark, version="1", metric="acc", stderr=0.05, shots=0,
                    value=sum(mine.values()) / len(mine) if mine else float(score),
                    count=len(mine) or 100,
                )
            )  # fmt: skip
        listed.append(
            ToldCandidate(without=without, how="So.", model_digest=f"d{place}", results=results)
        )
    fields = {"run": run, "model": None, "method": "ties", "recipe_version": None,
              "recipe_digest": "sha256:r", "harness": "h"}  # fmt: skip
    return AblationCompleted(**fields | changes, candidates=listed), items


@pytest.fixture
def learn(registry, caught_up):
    """Make the service apply an ablation; returns its run."""

    async def learn(candidates, **changes):
        event, items = told(candidates, **changes)
        registry.items |= items
        registry.add("ablation.completed", event.model or "m", event)
        await caught_up()
        return str(event.run)

    return learn


async def test_an_ingredient_without_which_the_merge_is_worse_adds_something(client, learn):
    whole, without_a = "1" * 30 + "0" * 10, "0" * 25 + "1" * 5 + "0" * 10
    run = await learn(
        {None: {"dates": whole}, "a": {"dates": without_a}, "b": {"dates": whole}}, model="me/Soup"
    )
    answer = await client.get("/v1/uplift/ablations", params={"model": "ME/soup"})
    (ablation,) = answer.json()["items"]
    assert (ablation["run"], ablation["model"], ablation["method"]) == (run, "me/Soup", "ties")
    first, second, third = ablation["candidates"]
    assert (first["without"], first["results"][0]["gain"]) == (None, None)
    (score,) = second["results"]
    assert (second["without"], second["how"]) == ("a", "So.")
    assert score["score"]["value"] == 5 / 40
    gain = score["gain"]
    assert (gain["difference"]["value"], gain["method"], gain["items"]) == (0.625, "mcnemar", 40)
    assert gain["p"] == pytest.approx(2 / 2**25)  # 25 items better, none worse
    assert gain["verdict"] == "better"
    same = third["results"][0]["gain"]
    assert (same["difference"]["value"], same["p"]) == (0, 1)
    assert same["verdict"] == "no clear difference"


async def test_the_benchmarks_of_one_ingredient_are_a_family(client, learn):
    """8 better and 1 worse of 20: p = 0.039, which of two benchmarks is no longer clear."""
    whole, without = "1" * 8 + "0" * 12, "0" * 8 + "1" + "0" * 11
    await learn({None: {"one": whole}, "a": {"one": without}}, recipe_digest="single")
    await learn(
        {None: {"one": whole, "two": "01" * 10}, "a": {"one": without, "two": "01" * 10}},
        recipe_digest="two",
    )

    async def gain(digest: str) -> dict:
        answer = await client.get("/v1/uplift/ablations", params={"recipe_digest": digest})
        (ablation,) = answer.json()["items"]
        return ablation["candidates"][1]["results"][0]["gain"]

    single, two = await gain("single"), await gain("two")
    assert single["p"] == two["p"] == pytest.approx(0.0390625)
    assert (single["p_in_family"], two["p_in_family"]) == (single["p"], 2 * single["p"])
    assert (two["verdict"], two["difference"]) == ("no clear difference", single["difference"])


async def test_without_items_scores_are_compared_by_their_errors(client, learn):
    await learn({None: {"dates": 0.7}, "a": {"dates": 0.5}})
    (ablation,) = (await client.get("/v1/uplift/ablations")).json()["items"]
    gain = ablation["candidates"][1]["results"][0]["gain"]
    assert (gain["method"], gain["items"]) == ("unpaired", 0)
    half = 1.959964 * (2 * 0.05**2) ** 0.5
    assert gain["difference"]["low"] == pytest.approx(0.2 - half, abs=1e-6)


async def test_the_same_event_again_and_other_models_change_nothing(
    client, learn, registry, caught_up, resources
):
    event, items = told({None: {"dates": "10"}, "a": {"dates": "11"}}, model="m")
    registry.items |= items
    for _ in range(2):
        registry.add("ablation.completed", "m", event)
    await caught_up()
    async with resources.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(AblationRow)) == 1
    other = await client.get("/v1/uplift/ablations", params={"model": "other"})
    assert other.json() == {"items": [], "next_cursor": None}
    strange = await client.get("/v1/uplift/ablations", params={"modle": "m"})
    assert strange.status_code == 422
