"""Uplift: the merge compared with each parent, the best one and their mean."""

from __future__ import annotations

import pytest

from leaderboard.uplift.schemas import Uplift
from mergehub.contracts.kinds.merge import Parent

BASE = Parent(name="base", role="base")


def close(estimate: dict, value: float, half: float) -> bool:
    """Whether an interval is value ± half."""
    expected = pytest.approx((value, value - half, value + half), abs=1e-4)
    return (estimate["value"], estimate["low"], estimate["high"]) == expected


@pytest.fixture
def uplift(client, caught_up):
    async def ask(model: str) -> dict:
        await caught_up()
        answer = await client.get("/v1/uplift", params={"model": model})
        assert answer.status_code == 200, answer.text
        assert Uplift.model_validate_json(answer.text).model_dump_json() == answer.text
        return answer.json()

    return ask


async def test_paired_by_item_where_items_are_known(registry, uplift):
    """Differences 1, 0, 1, -1: two items better, one worse, so p = 2 · P(X ≤ 1) = 1."""
    registry.merge("m", BASE, Parent(name="p", weight=0.5))
    registry.score("m", "dates", "1110")
    registry.score("p", "dates", "0101")
    registry.score("base", "dates", "0000")
    [row] = (await uplift("m"))["benchmarks"]
    base, parent = row["parents"]
    assert (parent["model"], parent["roles"], parent["paired"], parent["items"]) == (
        "p",
        ["ingredient"],
        True,
        4,
    )
    assert parent["difference"]["value"] == 0.25
    assert (parent["method"], parent["p"]) == ("mcnemar", 1)
    assert parent["verdict"] == "no clear difference"
    assert parent["score"]["value"] == 0.5
    assert base["roles"] == ["base"]
    assert base["difference"]["value"] == 0.75
    assert row["score"]["value"] == 0.75


async def test_unpaired_by_the_root_sum_of_squares_where_they_are_not(registry, uplift):
    registry.merge("m", Parent(name="p"))
    registry.score("m", "dates", 0.7, stderr=0.03)
    registry.score("p", "dates", 0.5, stderr=0.04)
    [row] = (await uplift("m"))["benchmarks"]
    [parent] = row["parents"]
    assert (parent["paired"], parent["items"]) == (False, 0)
    assert close(parent["difference"], 0.2, 1.959964 * 0.05)


async def test_many_benchmarks_make_each_verdict_more_careful(registry, uplift):
    """Eight benchmarks with p = 0.016 each: none is clear among them, one alone would be."""
    registry.merge("m", Parent(name="p"))
    for number in range(8):
        registry.score("m", f"exam-{number}", "1111111" + "0" * 33)
        registry.score("p", f"exam-{number}", "0000000" + "0" * 33)
    rows = (await uplift("m"))["benchmarks"]
    for row in rows:
        [parent] = row["parents"]
        assert parent["p"] == pytest.approx(2 / 2**7)
        assert parent["p_in_family"] == pytest.approx(8 * 2 / 2**7)
        assert parent["difference"]["low"] > 0
        assert parent["in_family"]["low"] < 0
        assert parent["verdict"] == "no clear difference"


async def test_two_fifths_of_a_point_on_919_items_are_no_clear_difference(registry, uplift):
    registry.merge("m", Parent(name="p"))
    registry.score("m", "dates", "1" * 60 + "0" * 56 + "1" * 803)
    registry.score("p", "dates", "0" * 60 + "1" * 56 + "1" * 803)
    found = await uplift("m")
    for part in (*found["benchmarks"], found["mean"]):
        [parent] = part["parents"]
        assert parent["difference"]["value"] == pytest.approx(0.004, abs=5e-4)
        assert parent["verdict"] == "no clear difference"


async def test_the_best_ingredient_and_the_mean_of_all_leave_the_base_out(registry, uplift):
    registry.merge("m", BASE, Parent(name="a"), Parent(name="b"))
    for model, scores in (("m", "1111"), ("base", "1110"), ("a", "1100"), ("b", "1000")):
        registry.score(model, "dates", scores)
    [row] = (await uplift("m"))["benchmarks"]
    assert row["best_parent"]["model"] == "a"
    assert row["best_parent"]["difference"]["value"] == 0.5
    mean = row["parents_mean"]
    assert (mean["score"]["value"], mean["difference"]["value"]) == (0.375, 0.625)
    assert (mean["paired"], mean["items"]) == (True, 4)


async def test_the_mean_goes_over_what_all_measured_parents_share(registry, uplift):
    registry.merge("m", Parent(name="a"), Parent(name="b"))
    for model, scores in (("m", 0.8), ("a", 0.6), ("b", 0.2)):
        registry.score(model, "dates", scores, stderr=0.0)
        registry.score(model, "units", scores / 2, stderr=0.0)
    registry.score("m", "words", 0.9)
    registry.score("a", "words", 0.1)
    found = await uplift("m")
    mean = found["mean"]
    assert [setting["benchmark"] for setting in mean["over"]] == ["dates", "units"]
    assert close(mean["score"], 0.6, 0)
    assert [
        close(parent["difference"], d, 0)
        for parent, d in zip(mean["parents"], (0.15, 0.45), strict=True)
    ] == [True, True]
    assert mean["best_parent"]["model"] == "a"
    assert close(mean["parents_mean"]["difference"], 0.3, 0)
    [words] = [row for row in found["benchmarks"] if row["benchmark"] == "words"]
    assert [parent["model"] for parent in words["parents"]] == ["a"]
    assert words["best_parent"] is words["parents_mean"] is None


async def test_the_mean_takes_one_setting_of_each_benchmark_the_newest(registry, uplift):
    registry.merge("m", Parent(name="p"))
    for version in ("1", "2"):
        for model in ("m", "p"):
            registry.score(model, "dates", "10", version=version)
    found = await uplift("m")
    assert len(found["benchmarks"]) == 2
    assert [setting["version"] for setting in found["mean"]["over"]] == ["2"]


async def test_other_settings_are_never_compared(registry, uplift):
    registry.merge("m", Parent(name="p"))
    registry.score("m", "dates", "10", version="1")
    registry.score("p", "dates", "10", version="2")
    found = await uplift("m")
    [row] = found["benchmarks"]
    assert row["parents"] == []
    assert found["mean"] is None
    assert [(each["model"], each["measured"]) for each in found["parents"]] == [("p", False)]


async def test_a_base_that_is_an_ingredient_too_has_both_roles(registry, uplift):
    registry.merge("m", BASE, Parent(name="base"), Parent(name="p"))
    for model in ("m", "base", "p"):
        registry.score(model, "dates", "10")
    [row] = (await uplift("m"))["benchmarks"]
    assert [(each["model"], each["roles"]) for each in row["parents"]] == [
        ("base", ["base", "ingredient"]),
        ("p", ["ingredient"]),
    ]


async def test_an_adapter_is_measured_against_its_base(registry, uplift):
    registry.merge("m", Parent(name="base+dates", base=Parent(name="base")))
    registry.score("base+dates", "dates", "11")
    registry.score("base", "dates", "10")
    found = await uplift("base+dates")
    assert (found["merged"], found["method"]) == (False, None)
    [base] = found["benchmarks"][0]["parents"]
    assert (base["roles"], base["difference"]["value"]) == (["base"], 0.5)


async def test_a_model_without_parents_has_scores_alone(registry, uplift):
    registry.score("m", "dates", "10")
    found = await uplift("m")
    assert (found["parents"], found["mean"]) == ([], None)
    assert found["benchmarks"][0]["parents"] == []


async def test_an_unmeasured_model_is_a_problem_that_helps(client):
    answer = await client.get("/v1/uplift", params={"model": "nobody"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "no-results"
    assert "Evaluate it" in answer.json()["detail"]
