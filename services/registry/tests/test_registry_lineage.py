"""Recipes beside lineage: what it is asked, what its answers warn of, and what if there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from mergehub.recipe import catalogue
from mergehub.recipe.parse import one_document
from registry.recipes.beside_lineage.comparison import Comparison
from registry.recipes.beside_lineage.groups import MOST_MODELS, Merged, merged_groups, question_of
from registry.recipes.beside_lineage.kinship import kinship_warnings
from registry.recipes.beside_lineage.lineage import Ingredients, Lineage

Json = dict[str, Any]

TIES = """\
merge_method: ties
base_model: org/base
models:
  - model: org/dates
    parameters: {weight: 0.5, density: 0.5}
  - model: org/units
    parameters: {weight: 0.5, density: 0.5}
"""
SLICES = """\
merge_method: slerp
base_model: org/dates
parameters: {t: 0.5}
slices:
  - sources:
      - {model: org/dates, layer_range: [0, 8]}
      - {model: org/units, layer_range: [0, 8]}
  - sources:
      - {model: org/units, layer_range: [8, 16]}
      - {model: org/dates, layer_range: [8, 16]}
"""
NOTHING: Json = {
    "models": [],
    "unknown": [],
    "groups": [],
    "forbidding": [],
    "conflicts": [],
    "exclusions": [],
}


class StandIn:
    """Answers in the place of lineage, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Json] = []
        self.answer: Json = NOTHING
        self.status = 200
        self.slow = False
        self.gone = asyncio.Event()

    async def respond(self, request: Request) -> Response:
        self.asked.append(await request.json())
        if self.slow:
            await self.gone.wait()
        return Response(httpx.Response(self.status, json=self.answer).content, self.status)


@pytest.fixture
async def lineage(app: FastAPI, serving: Callable[[FastAPI], Any]) -> AsyncIterator[StandIn]:
    stand_in, service, before = StandIn(), FastAPI(), app.state.lineage
    service.add_api_route("/v1/graph/ingredients", stand_in.respond, methods=["POST"])
    async with serving(service) as url, httpx.AsyncClient() as client:
        app.state.lineage = Lineage(client, url)
        yield stand_in
        app.state.lineage = before
        stand_in.gone.set()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait a second for a lineage that does not answer."""
    monkeypatch.setattr(Lineage, "SECONDS", 0.1)


def model(asked: str, *originals: str, flags: list[Json] | None = None) -> Json:
    named = [{"name": each} for each in originals]
    return {"asked": asked, "name": asked, "originals": named, "flags": flags or []}


def kin(*compared: str, apart: tuple[str, ...] = (), shared: str | None = None) -> Json:
    found = None if shared is None else {"name": shared}
    return {"compared": list(compared), "apart": list(apart), "shared": found}


WRONG_BASE: Json = {
    **NOTHING,
    "models": [model("org/dates", "org/root"), model("org/units", "org/root")],
    "unknown": ["org/base"],
    "groups": [
        kin(
            "org/dates", "org/units", apart=("org/dates", "org/units"), shared="org/instruct"
        )
    ],
}  # fmt: skip


def groups_of(text: str) -> list[Merged]:
    return Comparison.of(one_document(text)).merged


def warnings(text: str, **answer: Any) -> list[Any]:
    compared = Comparison.of(one_document(text))
    known = Ingredients.model_validate({**NOTHING, **answer})
    return kinship_warnings(compared.merged, compared.method, known)


async def check(client: httpx.AsyncClient, text: str = TIES) -> Json:
    answer = await client.post("/v1/recipes/check", json={"recipe": text})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


# What is asked


def test_the_base_of_task_vectors_is_asked_beside_the_models():
    assert question_of(groups_of(TIES)) == {
        "groups": [{"models": ["org/dates", "org/units"], "base": "org/base"}],
        "models": [],
    }


def test_groups_of_the_same_models_are_asked_once():
    [group] = groups_of(SLICES)
    assert (group.base, list(group.models)) == (None, ["org/dates", "org/units"])
    assert group.path == ("slices", 0, "sources")


def test_a_base_that_is_merged_counts_as_a_model():
    text = "merge_method: slerp\nbase_model: org/a\nparameters: {t: 0.5}\nmodels: [{model: org/b}]"
    [group] = groups_of(text)
    assert group.models == {"org/b": ("models", 0, "model"), "org/a": ("base_model",)}


def test_a_base_that_the_method_ignores_is_not_asked():
    [group] = groups_of("merge_method: linear\nbase_model: org/a\nmodels: [{model: org/b}]")
    assert (group.base, list(group.models)) == (None, ["org/b"])


def test_the_base_of_a_slice_has_its_own_place():
    document = {
        "merge_method": "ties",
        "base_model": "org/a",
        "slices": [{"base_model": "org/b", "sources": [{"model": "org/c"}, {"model": "org/b"}]}],
    }
    [group] = merged_groups(document, catalogue()["ties"])
    assert (group.base, group.base_path) == ("org/b", ("slices", 0, "base_model"))
    assert list(group.models) == ["org/c"]


def test_an_adapter_is_asked_with_its_model_and_alone():
    question = question_of(groups_of("merge_method: linear\nmodels: [{model: org/b+org/lora}]"))
    assert question == {
        "groups": [{"models": ["org/b+org/lora"], "base": None}],
        "models": ["org/lora"],
    }


def test_more_models_than_one_question_takes_are_not_asked():
    entries = "".join(f"  - model: org/m{n}\n" for n in range(MOST_MODELS + 1))
    assert question_of(groups_of(f"merge_method: linear\nmodels:\n{entries}")) is None
    few = "".join(f"  - model: org/m{n}\n" for n in range(MOST_MODELS))
    assert question_of(groups_of(f"merge_method: linear\nmodels:\n{few}")) is not None
    assert question_of(groups_of(f"merge_method: linear\nmodels: [{{model: {'x' * 501}}}]")) is None


# What is warned of


def test_models_that_did_not_come_from_the_base():
    [found] = warnings(TIES, **WRONG_BASE)
    assert (found.path, found.code) == ("/base_model", "base-not-shared")
    assert found.message == (
        "as far as the hub knows, 'org/dates' and 'org/units' did not come from 'org/base', so "
        "the task vectors that ties merges are not what training changed"
    )
    assert found.suggestion == (
        "did you mean 'org/instruct', the nearest model that all of these models came from?"
    )


def test_models_that_share_no_base():
    [found] = warnings(
        SLICES,
        models=[model("org/dates", "org/llama"), model("org/units", "org/units")],
        groups=[kin("org/dates", "org/units")],
    )
    assert (found.path, found.code) == ("/slices/0/sources", "no-shared-base")
    assert found.message == (
        "as far as the hub knows, these models share no base: 'org/dates' goes back to "
        "'org/llama', 'org/units' is an original"
    )


def test_a_base_that_would_be_useful():
    text = "merge_method: nuslerp\nmodels:\n" + "".join(
        f"  - model: org/{each}\n    parameters: {{weight: 1}}\n" for each in ("dates", "units")
    )
    known = {
        "models": [model("org/dates"), model("org/units")],
        "groups": [kin("org/dates", "org/units", shared="org/base")],
    }
    [found] = warnings(text, **known)
    assert (found.path, found.code) == ("/base_model", "base-not-given")
    assert found.suggestion == "add base_model: org/base"
    assert warnings(f"{text}base_model: org/base\n", **known) == []


@pytest.mark.parametrize(
    "group",
    [
        kin(),
        kin("org/dates", shared="org/other"),
        kin("org/dates", "org/units", shared="org/base"),
    ],
    ids=["nothing is known", "one origin is known", "they came from the base"],
)
def test_no_warning_without_a_reason(group):
    models = [model("org/dates", "org/base"), model("org/units", "org/base")]
    assert warnings(TIES, models=models, groups=[group]) == []


def test_flags_and_licences_are_warned_of_at_the_ingredient():
    path = [{"name": "org/units"}, {"name": "org/bad"}]
    flag = {"kind": "contaminated", "reason": "Trained on the test", "path": path}
    found = warnings(
        TIES,
        models=[model("org/dates"), model("org/units", flags=[flag]), model("org/base")],
        groups=[kin("org/dates", "org/units", shared="org/base")],
        forbidding=[{"licence": "cc-by-nd-4.0", "path": path}],
        conflicts=[
            {"reason": "llama3 demands it.", "by": {"name": "org/units"}, "path": path},
        ],
        exclusions=[
            {
                "one": {"licence": "gpl-3.0", "path": [{"name": "org/dates"}]},
                "other": {"licence": "llama3", "path": path},
            }
        ],
    )
    assert [(each.path, each.code, each.message, each.suggestion) for each in found] == [
        (
            "/models/1/model",
            "flagged",
            "'org/units' inherits a flag of 'org/bad': contaminated (Trained on the test)",
            None,
        ),
        (
            "/models/1/model",
            "licence-forbids",
            "cc-by-nd-4.0 of 'org/bad' does not allow the merge to be passed on",
            "the way: org/units from org/bad",
        ),
        (
            "/models/1/model",
            "licence-broken",
            "'org/units' breaks a licence of its ancestors: llama3 demands it.",
            "the way: org/units from org/bad",
        ),
        (
            "/models/0/model",
            "licences-exclude",
            "no licence of the merge keeps both gpl-3.0 of 'org/dates' and llama3 of 'org/bad'",
            "the way: org/units from org/bad",
        ),
    ]


INHERITED = [
    {"licence": "mit", "path": [{"name": "org/dates"}]},
    {"licence": "gpl-3.0", "path": [{"name": "org/units"}, {"name": "org/strict"}]},
    {"licence": "cc-by-nd-4.0", "path": [{"name": "org/base"}]},
]


STRICT: Json = NOTHING | {
    "inherited": INHERITED,
    "models": [model("org/dates"), model("org/units")],
    "groups": [kin("org/dates", "org/units", shared="org/base")],
}


@pytest.mark.parametrize(
    ("licence", "kept"), [("mit", False), ("agpl-3.0", True), ("other", True), (None, True)]
)
def test_a_licence_that_does_not_keep_what_the_models_demand_is_warned_of(licence, kept):
    compared = Comparison.of(one_document(TIES))
    known = Ingredients.model_validate(STRICT)
    found = kinship_warnings(compared.merged, compared.method, known, licence)
    expected = [
        (
            "/models/1/model",
            "licence-not-kept",
            "the recipe's licence mit does not keep that of 'org/strict': gpl-3.0 demands that "
            "derived models stay under it; this one is mit.",
            "the way: org/units from org/strict",
        )
    ]
    told = [(each.path, each.code, each.message, each.suggestion) for each in found]
    assert told == ([] if kept else expected)


# Over HTTP


async def test_a_check_has_the_warnings_with_their_lines(stranger, lineage):
    lineage.answer = WRONG_BASE
    answer = await check(stranger)
    [found] = answer["warnings"]
    assert (found["pointer"], found["line"]) == ("/recipe#/base_model", 2)
    assert (answer["lineage"], answer["unknown_models"]) == ("answered", ["org/base"])
    assert lineage.asked == [question_of(groups_of(TIES))]


async def test_each_way_to_publish_compares_the_licence(owner, lineage):
    lineage.answer = STRICT
    body = {"recipe": TIES, "licence": "mit"}
    checked = await owner.post("/v1/recipes/check", json=body)
    recipe = await owner.post("/v1/recipes", json=body | {"name": "soup"})
    at = f"/v1/recipes/{recipe.json()['id']}"
    fork = await owner.post(f"{at}/fork", json={"name": "stew", "licence": "mit"})
    again = await owner.post(f"{at}/versions", json={"recipe": TIES.replace("0.5", "0.6")})
    same = await owner.post(f"{at}/fork", json={"name": "broth"})
    for answer in (checked, recipe, fork, again, same):
        assert [each["code"] for each in answer.json()["warnings"]] == ["licence-not-kept"], (
            answer.request
        )


async def test_publishing_gives_the_same_warnings(owner, lineage):
    lineage.answer = WRONG_BASE
    checked = await check(owner)
    recipe = await owner.post("/v1/recipes", json={"name": "soup", "recipe": TIES})
    url = f"/v1/recipes/{recipe.json()['id']}/versions"
    same = await owner.post(url, json={"recipe": TIES})
    second = await owner.post(url, json={"recipe": TIES.replace("0.5", "0.6")})
    assert [each.status_code for each in (recipe, same, second)] == [201, 200, 201]
    for each in (recipe, same, second):
        answer = each.json()
        for field in ("warnings", "lineage", "unknown_models"):
            assert answer[field] == checked[field]


async def test_a_missing_base_is_suggested(stranger, lineage):
    lineage.answer = {
        **NOTHING,
        "groups": [kin("org/dates", "org/units", shared="org/instruct")],
    }
    text = TIES.replace("base_model: org/base\n", "")
    answer = await stranger.post("/v1/recipes/check", json={"recipe": text})
    [fault] = answer.json()["errors"]
    assert fault["suggestion"] == (
        "add base_model: org/instruct, the nearest model that all of these came from"
    )
    assert lineage.asked[0]["groups"] == [{"models": ["org/dates", "org/units"], "base": None}]


async def test_a_recipe_that_cannot_be_read_asks_nothing(stranger, lineage):
    for text in ("merge_method: tees\nmodels: [{model: a}]", "[", "a: 1"):
        answer = await stranger.post("/v1/recipes/check", json={"recipe": text})
        assert answer.status_code == 422
    assert lineage.asked == []


async def test_a_lineage_that_is_away_is_no_fault(stranger):
    answer = await check(stranger)
    assert (answer["warnings"], answer["lineage"]) == ([], "unavailable")


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, NOTHING), (200, {"models": []}), (200, [])],
    ids=["not ready", "fields are missing", "another shape"],
)
async def test_an_answer_that_cannot_be_used_is_none(stranger, lineage, status, body):
    lineage.status, lineage.answer = status, body
    assert (await check(stranger))["lineage"] == "unavailable"


async def test_a_slow_lineage_is_not_waited_for(stranger, lineage, silent):
    lineage.slow = True
    assert (await check(stranger))["lineage"] == "unavailable"
    assert len(lineage.asked) == 1


async def test_a_lineage_that_did_not_answer_rests(stranger, lineage, silent, app):
    lineage.slow = True
    await check(stranger)
    lineage.slow, lineage.status = False, 503
    assert (await check(stranger))["lineage"] == "unavailable"
    assert len(lineage.asked) == 1
    app.state.lineage.REST_SECONDS = 0
    app.state.lineage.rest()
    await check(stranger)
    assert len(lineage.asked) == 2


async def test_five_hundred_models_are_not_asked(stranger, lineage):
    entries = "".join(f"  - model: org/m{n}\n    parameters: {{weight: 1}}\n" for n in range(500))
    answer = await check(stranger, f"merge_method: linear\nmodels:\n{entries}")
    assert (answer["lineage"], lineage.asked) == ("not-asked", [])
