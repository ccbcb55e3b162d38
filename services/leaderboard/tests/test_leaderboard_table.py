"""The table of uplift, the merges behind it, comparisons and recommendations over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from leaderboard.models.following import LineageFollower

BENCHMARKS = ("gsm8k", "arc", "mmlu")


@pytest.fixture
def ready(follower: LineageFollower, caught_up) -> Callable[[], Awaitable[None]]:
    """Take in all events, and all that lineage says."""

    async def ready() -> None:
        await caught_up()
        while await follower.turn(wait=0):
            pass

    return ready


def score(registry, model: str, *values: float, stderr: float = 0.01) -> None:
    for benchmark, value in zip(BENCHMARKS, values, strict=True):
        registry.score(model, benchmark, value, stderr=stderr, count=10_000)


@pytest.fixture
async def hub(registry, ready):
    """A base, two specialists of it, and merges of them by two methods; and one of two bases."""
    lineage = registry.lineage
    lineage.say("org/base", licence="apache-2.0")
    lineage.say("org/other", licence="apache-2.0")
    for name in ("maths", "words"):
        tuned = {"name": "org/base", "relation": "finetune", "role": "base"}
        lineage.say(name, tuned, kind="finetune", method=None, licence="apache-2.0")
    lineage.say("good", "maths", "words", method="ties")
    lineage.say("bad", "maths", "words", method="slerp")
    lineage.say("mixed", "maths", "org/other", method="slerp")
    for name, values in {
        "org/base": (0.30, 0.30, 0.30),
        "org/other": (0.20, 0.20, 0.20),
        "maths": (0.70, 0.30, 0.30),
        "words": (0.30, 0.60, 0.40),
        "good": (0.72, 0.62, 0.42),
        "bad": (0.30, 0.30, 0.30),
        "mixed": (0.71, 0.31, 0.31),
    }.items():
        score(registry, name, *values)
    await ready()
    return registry


@pytest.fixture
def ask(client: httpx.AsyncClient):
    async def ask(path: str, **query: Any) -> dict[str, Any]:
        answer = await client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return ask


async def test_the_table_counts_merges_by_method_and_base(hub, ask):
    found = await ask("/v1/uplift/table")
    assert (found["board"], found["against"], found["omitted"]) == ("overall", "best", 0)
    assert (found["rows"], found["columns"]) == (["slerp", "ties"], ["org/base", "several"])
    cells = {(each["method"], each["base"]): each for each in found["cells"]}
    assert cells.keys() == {
        ("ties", "org/base"),
        ("slerp", "org/base"),
        ("slerp", "several"),
    }
    good, bad = cells["ties", "org/base"], cells["slerp", "org/base"]
    assert (good["merges"], good["better"], good["worse"], good["unclear"]) == (1, 1, 0, 0)
    assert (bad["better"], bad["worse"]) == (0, 1)
    assert good["low"] < good["mean"] < good["high"]
    assert cells["slerp", "several"]["unclear"] == 1
    by_method = {each["method"]: each for each in found["by_method"]}
    assert by_method["slerp"]["merges"] == 2
    assert found["total"]["merges"] == 3
    assert "its best ingredient" in found["how"]


async def test_filters_choose_merges_and_not_what_they_are_compared_with(hub, ask):
    found = await ask("/v1/uplift/table", method="ties")
    assert (found["rows"], found["total"]["merges"]) == (["ties"], 1)
    found = await ask("/v1/uplift/table", base="org/other")
    assert (found["columns"], found["total"]["merges"]) == (["several"], 1)
    found = await ask("/v1/uplift/table", top=1)
    assert (found["columns"], found["omitted"]) == (["org/base"], 1)


async def test_a_table_without_merges_is_empty(registry, ready, ask):
    score(registry, "alone", 0.5, 0.5, 0.5)
    await ready()
    found = await ask("/v1/uplift/table")
    assert (found["rows"], found["cells"], found["total"]) == ([], [], None)


@pytest.mark.parametrize(
    ("against", "others"),
    [("best", ["maths", "words"]), ("mean", ["maths", "words"]), ("base", ["org/base"])],
)
async def test_the_merges_behind_a_cell_say_what_they_gained(hub, ask, against, others):
    where = {"row": "ties", "column": "org/base", "against": against}
    found = await ask("/v1/uplift/table/merges", **where)
    [merge] = found["items"]
    assert (merge["model"], merge["others"], merge["verdict"]) == ("good", others, "better")
    assert merge["score"] - merge["other_score"] == pytest.approx(merge["gain"]["value"])
    table = await ask("/v1/uplift/table", against=against)
    [cell] = [each for each in table["cells"] if each["method"] == "ties"]
    assert cell["mean"] == pytest.approx(merge["gain"]["value"])
    assert cell["low"] == pytest.approx(merge["gain"]["low"])


async def test_the_merges_come_in_pages_those_that_gained_most_first(hub, ask):
    items, cursor = [], None
    while True:
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        found = await ask("/v1/uplift/table/merges", **query)
        items += found["items"]
        assert found["matching"] == 3
        cursor = found["next_cursor"]
        if not cursor:
            break
    assert [each["model"] for each in items] == ["good", "mixed", "bad"]


async def test_models_beside_each_other_are_compared_with_the_first(hub, ask):
    names = ["maths", "words", "good"]
    found = await ask("/v1/uplift/comparison", model=names)
    assert [each["model"] for each in found["models"]] == names
    rows = {each["benchmark"]: each for each in found["benchmarks"]}
    first, second, third = rows["gsm8k"]["differences"]
    assert first is None
    assert second["difference"]["value"] == pytest.approx(-40, abs=1e-6)
    assert (second["verdict"], third["verdict"]) == ("worse", "no clear difference")
    assert [each["raw"] for each in rows["gsm8k"]["scores"]] == [0.7, 0.3, 0.72]
    assert {each["domain"] for each in found["domains"]} >= {"maths", "knowledge"}
    mean = found["mean"]
    values = [each["value"] for each in mean["scores"]]
    assert mean["differences"][2]["difference"]["value"] == pytest.approx(values[2] - values[0])


async def test_two_models_swapped_have_the_opposite_difference(registry, ready, ask):
    registry.score("a", "gsm8k", "1110100110")
    registry.score("b", "gsm8k", "0101111111")
    registry.score("a", "arc", 0.5, stderr=0.02)
    registry.score("b", "arc", 0.55, stderr=0.03)
    await ready()
    there = await ask("/v1/uplift/comparison", model=["a", "b"])
    back = await ask("/v1/uplift/comparison", model=["b", "a"])
    both = list(zip(there["benchmarks"], back["benchmarks"], strict=True))
    both.append((there["mean"], back["mean"]))
    for one, other in both:
        first, second = one["differences"][1], other["differences"][1]
        for of in ("difference", "in_family"):
            assert first[of]["value"] == pytest.approx(-second[of]["value"])
            assert first[of]["low"] == pytest.approx(-second[of]["high"])
        assert first["p"] == pytest.approx(second["p"])
    assert there["benchmarks"][1]["differences"][1]["method"] == "mcnemar"


async def test_a_model_is_not_compared_with_itself(hub, client):
    answer = await client.get("/v1/uplift/comparison?model=maths&model=words&model=MATHS")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail"] == "'MATHS' is there twice: give each model once"


async def test_a_domain_of_one_benchmark_has_its_verdict(registry, ready, ask):
    score(registry, "one", 0.65, 0.65, 0.65)
    score(registry, "two", 0.654, 0.69, 0.64)
    await ready()
    found = await ask("/v1/uplift/comparison", model=["one", "two"])
    rows = {each["benchmark"]: each["differences"][1] for each in found["benchmarks"]}
    alone = {each["domain"]: each for each in found["domains"] if len(each["benchmarks"]) == 1}
    assert alone
    for each in alone.values():
        assert each["differences"][1] == rows[each["benchmarks"][0]]


async def test_a_model_that_lacks_a_benchmark_has_no_mean(registry, ready, ask):
    score(registry, "whole", 0.5, 0.5, 0.5)
    registry.score("part", "gsm8k", 0.5, count=10_000)
    await ready()
    found = await ask("/v1/uplift/comparison", model=["whole", "part"])
    assert found["mean"]["scores"][1] is found["mean"]["differences"][1] is None
    scores = {each["benchmark"]: each["scores"][1] for each in found["benchmarks"]}
    assert scores["gsm8k"] is not None
    assert scores["arc"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/uplift/table?board=nobodys", 404),
        ("/v1/uplift/table?against=all", 422),
        ("/v1/uplift/table/merges?cursor=x", 400),
        ("/v1/uplift/comparison?model=a", 422),
        ("/v1/uplift/comparison?model=a&model=b", 404),
        ("/v1/uplift/comparison?" + "&".join(["model=a"] * 7), 422),
        ("/v1/recommendations?base=nothing", 404),
        ("/v1/recommendations?base=org/base&domain=cooking", 422),
        ("/v1/recommendations?base=org/base&size=4", 422),
    ],
)
async def test_bad_questions_are_problems(client, path, status):
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_domains_have_the_mean_over_their_benchmarks(hub, ask):
    found = await ask("/v1/uplift", model="good")
    domains = {each["domain"]: each for each in found["domains"]}
    assert [each["benchmark"] for each in domains["maths"]["over"]] == ["gsm8k"]
    [gsm8k] = [each for each in found["benchmarks"] if each["benchmark"] == "gsm8k"]
    assert domains["maths"]["best_parent"]["difference"] == gsm8k["best_parent"]["difference"]
    assert found["precision"] == ""


async def test_without_any_error_nothing_is_clear_and_the_answer_says_why(
    registry, ready, ask, resources
):
    registry.lineage.say("merge", "parent")
    registry.score("parent", "gsm8k", 0.1)
    registry.score("merge", "gsm8k", 0.9)
    await ready()
    async with resources.database.transaction() as session:
        await session.execute(text("UPDATE facts SET stderr = NULL, count = NULL"))
        await session.execute(text("UPDATE measures SET items = NULL"))
        await session.execute(
            text(
                "INSERT INTO changes (results, models) SELECT array_agg(facts.id), '{}' FROM facts"
            )
        )
    [row] = (await ask("/v1/uplift", model="merge"))["benchmarks"]
    [parent] = row["parents"]
    assert parent["difference"] == {"value": pytest.approx(0.8), "low": None, "high": None}
    assert (parent["verdict"], parent["p"]) == ("no clear difference", None)
    assert parent["reason"].startswith("Neither a standard error")
    table = await ask("/v1/uplift/table")
    assert (table["total"]["unclear"], table["total"]["low"]) == (1, None)


async def test_specialists_of_a_base_are_recommended_together(hub, ask):
    found = await ask("/v1/recommendations", base="org/base", domain="maths")
    assert (found["base"], found["domain"]) == ("org/base", "maths")
    first = next(
        each for each in found["items"]
        if {one["model"] for one in each["ingredients"]} == {"maths", "words"}
    )  # fmt: skip
    leads = {each["model"]: each["leads"] for each in first["ingredients"]}
    assert leads == {"maths": ["gsm8k"], "words": ["arc", "mmlu"]}
    assert first["complement"] == pytest.approx(first["potential"] - first["best_single"])
    assert first["complement"] > 0
    assert first["licence"] == {"verdict": "agree", "reasons": []}
    assert {each["model"] for each in first["kin"]} == {"good", "bad", "mixed"}
    assert all(score["result"] > 0 for one in first["ingredients"] for score in one["scores"])
    assert first["similar"]["merges"] == 3
    assert found["weights"]["gsm8k"] == pytest.approx(2 / 3)
    assert sum(found["weights"].values()) == pytest.approx(1)
    assert found["evidence"] == "little"
    assert "Only 3 merges" in found["note"]
    assert found["method"] is None


async def test_a_merge_is_not_recommended_with_its_own_ingredients(hub, ask):
    found = await ask("/v1/recommendations", base="org/base", limit=50)
    for each in found["items"]:
        models = {one["model"] for one in each["ingredients"]}
        assert not ("good" in models and models & {"maths", "words"})


async def test_flagged_models_and_their_descendants_are_left_out(hub, ask, ready):
    tuned = {"name": "org/base", "relation": "finetune", "role": "base"}
    hub.lineage.say("maths", tuned, kind="finetune", method=None, flags=["contaminated"])
    await ready()
    found = await ask("/v1/recommendations", base="org/base")
    names = {one["model"] for each in found["items"] for one in each["ingredients"]}
    assert not names & {"maths", "good", "bad", "mixed"}
    left_out = {each["reason"]: each["count"] for each in found["left_out"]}
    assert left_out["flagged, or an ancestor is"] == 4


async def test_licences_that_exclude_each_other_are_not_recommended(hub, ask, ready):
    tuned = {"name": "org/base", "relation": "finetune", "role": "base"}
    hub.lineage.say("maths", tuned, kind="finetune", method=None, licence="gpl-3.0")
    hub.lineage.say("words", tuned, kind="finetune", method=None, licence="llama3.1")
    await ready()
    found = await ask("/v1/recommendations", base="org/base")
    pairs = [{one["model"] for one in each["ingredients"]} for each in found["items"]]
    assert {"maths", "words"} not in pairs
    assert "licences that exclude each other" in {each["reason"] for each in found["left_out"]}


async def test_a_base_without_measured_descendants_gets_no_recommendation(hub, ask):
    found = await ask("/v1/recommendations", base="org/other", size=3)
    assert (found["items"], found["evidence"]) == ([], "none")
    assert found["note"]


async def test_another_architecture_or_size_is_no_ingredient(hub, ask, ready):
    tuned = {"name": "org/base", "relation": "finetune", "role": "base"}
    hub.lineage.say("org/base", architecture="llama", parameters=1000)
    hub.lineage.say("maths", tuned, kind="finetune", architecture="mistral", parameters=1000)
    hub.lineage.say("words", tuned, kind="finetune", architecture="llama", parameters=2000)
    await ready()
    found = await ask("/v1/recommendations", base="org/base")
    left_out = {each["reason"]: each["count"] for each in found["left_out"]}
    assert (left_out["another architecture"], left_out["another size"]) == (1, 1)
