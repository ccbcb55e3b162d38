"""Searching over HTTP: the language, its faults, corrections, suggestions and likeness."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient
Json = dict[str, Any]

LINEAR = "merge_method: linear\nmodels: [{model: %s, parameters: {weight: 0.5}}, {model: %s}]\n"
TIES = (
    "merge_method: ties\nbase_model: %s\n"
    "models: [{model: %s, parameters: {density: %s}}, {model: %s}]\n"
)
MISTRAL, HERMES, ZEPHYR = "mistralai/Mistral-7B-v0.1", "teknium/OpenHermes-2.5", "hub/zephyr-7b"


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
async def recipes(ann: Client) -> dict[str, Json]:
    """Recipes by their names."""
    published = {}
    for name, recipe, about in (
        ("german-soup", TIES % (MISTRAL, HERMES, 0.3, ZEPHYR), {"tags": ["german", "maths"]}),
        ("german-stew", LINEAR % (MISTRAL, HERMES), {"tags": ["german"]}),
        ("half", LINEAR % (HERMES, ZEPHYR), {"title": "Half of two", "tags": ["code"]}),
        ("blend", f"base_model: {MISTRAL}\n{LINEAR % (HERMES, ZEPHYR)}", {}),
    ):
        answer = await ann.post("/v1/recipes", json={"name": name, "recipe": recipe, **about})
        assert answer.status_code == 201, answer.text
        published[name] = answer.json()
    return published


@pytest.fixture
async def hidden(person: Call, recipes: dict[str, Json]) -> Client:
    """Bob, who has a private recipe of words and models that nobody else has."""
    bob = await person("bob")
    body = {
        "name": "geheim",
        "title": "Zauberwort",
        "tags": ["zauberei"],
        "visibility": "private",
        "recipe": TIES % (MISTRAL, HERMES, 0.3, "bob/zauberstab"),
    }
    assert (await bob.post("/v1/recipes", json=body)).status_code == 201
    return bob


async def search(client: Client, text: str = "", **parameters: Any) -> Json:
    answer = await client.get("/v1/recipes", params={"q": text, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(page: Json) -> set[str]:
    return {each["name"] for each in page["items"]}


FOUND: list[tuple[str, set[str]]] = [
    ("german", {"german-soup", "german-stew"}),
    ("method:ties base:mistral tag:german density<0.5", {"german-soup"}),
    ("tag:german -tag:maths", {"german-stew"}),
    ('"half of two"', {"half"}),
    ("ingredients:2 -tag:german", {"half"}),
    ("base:mistralai/Mistral-7B-v0.1", {"german-soup", "blend"}),
    ("zeph*", {"german-soup", "half", "blend"}),
    ("owner:ann created>2020 stars:0 reproduced:no -half -blend", {"german-soup", "german-stew"}),
    ("shape:slices", set()),
]


async def test_the_language_finds_what_it_says(stranger: Client, recipes: dict[str, Json]) -> None:
    for text, found in FOUND:
        page = await search(stranger, text)
        assert (names(page), page["total"]) == (found, len(found)), text


async def test_parameters_find_the_same(stranger: Client, recipes: dict[str, Json]) -> None:
    wanted = {"method": ["ties", "linear"], "tag": ["german", "-maths"], "parameter": "weight:0.5"}
    assert names(await search(stranger, **wanted)) == {"german-stew"}
    assert names(await search(stranger, "openhermes", ingredients="2", tag=["code"])) == {"half"}


async def test_items_have_what_the_catalogue_knows(
    stranger: Client, recipes: dict[str, Json]
) -> None:
    [soup] = (await search(stranger, "name:german-soup"))["items"]
    known = {name: soup[name] for name in ("base", "ingredients", "size", "uplift")}
    assert known == {
        "base": "mistralai/mistral-7b-v0.1",
        "ingredients": 3,
        "size": None,
        "uplift": None,
    }


async def test_faults_point_into_the_text_and_at_parameters(stranger: Client) -> None:
    wrong = {"q": "soup bse:mistral", "method": ["ties", "slrp"], "stars": "many"}
    answer = await stranger.get("/v1/recipes", params=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "query-invalid")
    assert answer.json()["detail"] == "Not valid: /query/q, /query/method/1, /query/stars."
    faults = [(each["pointer"], each["suggestion"]) for each in answer.json()["errors"]]
    assert faults == [
        ("/query/q#char=5,8", "did you mean 'base'?"),
        ("/query/method/1", "did you mean 'slerp'?"),
        ("/query/stars", None),
    ]


async def test_a_word_that_no_recipe_has_is_read_as_what_is_near(
    stranger: Client, recipes: dict[str, Json]
) -> None:
    page = await search(stranger, "  mistrl   tag:germna density<0.5")
    assert names(page) == {"german-soup"}
    assert page["corrected"] == "  mistral   tag:german density<0.5"
    assert page["corrections"] == [
        {"field": None, "written": "mistrl", "read": "mistral", "certain": True},
        {"field": "tag", "written": "germna", "read": "german", "certain": True},
    ]
    right = await search(stranger, "mistral tag:german")
    assert (right["corrected"], right["corrections"]) == (None, [])
    wrong = {"q": "germna"}
    counted = (await stranger.get("/v1/recipes/facets", params=wrong)).json()
    assert (counted["total"], counted["corrections"][0]["read"]) == (2, "german")


async def test_later_pages_read_what_the_first_page_read(
    ann: Client, stranger: Client, recipes: dict[str, Json]
) -> None:
    first = await search(stranger, "germna", limit=1)
    again = {"name": "late", "title": "Germna", "recipe": LINEAR % (HERMES, MISTRAL)}
    assert (await ann.post("/v1/recipes", json=again)).status_code == 201
    second = await search(stranger, "germna", limit=1, cursor=first["next_cursor"])
    assert names(first) | names(second) == {"german-soup", "german-stew"}
    assert second["corrections"] == first["corrections"]
    assert names(await search(ann, "germna")) == {"late"}


async def test_nobody_is_corrected_to_words_of_private_recipes(
    stranger: Client, hidden: Client
) -> None:
    for text in ("zauberwrt", "tag:zaubere", "ingredient:zauberstb"):
        page = await search(stranger, text)
        assert (page["total"], page["corrected"], page["corrections"]) == (0, None, [])
        assert (await search(hidden, text))["total"] == 1


async def suggested(client: Client, text: str, **parameters: Any) -> Json:
    answer = await client.get("/v1/recipes/suggestions", params={"q": text, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_last_word_is_completed(stranger: Client, recipes: dict[str, Json]) -> None:
    found = await suggested(stranger, "ger")
    assert found["values"] == {"tag": [{"value": "german", "count": 2, "q": "tag:german "}]}
    assert {each["name"] for each in found["recipes"]} == {"german-soup", "german-stew"}
    found = await suggested(stranger, "method:linear -m")
    assert [each["name"] for each in found["fields"]] == ["method", "max_iter"]
    assert found["fields"][0]["q"] == "method:linear -method:"
    assert found["values"]["base"] == [
        {
            "value": "mistralai/mistral-7b-v0.1",
            "count": 1,
            "q": "method:linear -base:mistralai/mistral-7b-v0.1 ",
        }
    ]
    assert "tag" not in found["values"]  # maths is no tag of a linear one


async def test_the_values_of_a_field_are_completed(
    stranger: Client, recipes: dict[str, Json]
) -> None:
    found = await suggested(stranger, "stew bse:x tag:")
    assert (found["recipes"], found["fields"]) == ([], [])
    assert found["values"]["tag"] == [
        {"value": "german", "count": 1, "q": "stew bse:x tag:german "}
    ]
    values = (await suggested(stranger, "ingredient:7b zep"))["values"]
    assert [each["value"] for each in values["ingredient"]] == ["hub/zephyr-7b"]
    assert (await suggested(stranger, "owner:a"))["values"]["owner"][0]["count"] == 4
    assert (await suggested(stranger, "stars:1"))["values"] == {}
    for text in ("", '"', 'tag:a "open', "-", " "):
        assert (await suggested(stranger, text))["recipes"] == []


async def test_what_is_private_is_suggested_to_nobody_else(
    stranger: Client, hidden: Client
) -> None:
    for text in ("zaub", "tag:zaub", "ingredient:zaub", "owner:bo"):
        assert await suggested(stranger, text) == {"recipes": [], "fields": [], "values": {}}
        assert (await suggested(hidden, text))["values"]


async def similar(client: Client, recipe: Json, **parameters: Any) -> list[tuple[str, float]]:
    answer = await client.get(f"/v1/recipes/{recipe['id']}/similar", params=parameters)
    assert answer.status_code == 200, answer.text
    return [(each["name"], round(each["likeness"], 3)) for each in answer.json()["items"]]


async def test_recipes_like_one_share_most_with_it(
    stranger: Client, hidden: Client, recipes: dict[str, Json]
) -> None:
    assert await similar(stranger, recipes["german-soup"]) == [
        ("blend", 0.75),  # the same three models and the same base
        ("german-stew", 0.45),  # two of three models, and one of two tags
        ("half", 0.4),  # two of three models
    ]
    assert await similar(stranger, recipes["german-soup"], limit=1) == [("blend", 0.75)]
    own = await similar(hidden, recipes["german-soup"])
    assert ("geheim", 0.6) in own  # two of four models, method and base


async def test_the_same_ingredients_by_another_method(
    stranger: Client, recipes: dict[str, Json]
) -> None:
    assert await similar(stranger, recipes["german-soup"], by="ingredients") == [("blend", 0.75)]
    assert await similar(stranger, recipes["half"], by="ingredients") == []


async def test_nothing_is_like_a_recipe_that_the_viewer_cannot_see(
    stranger: Client, hidden: Client
) -> None:
    [secret] = (await search(hidden, "geheim"))["items"]
    answer = await stranger.get(f"/v1/recipes/{secret['id']}/similar")
    assert (answer.status_code, answer.json()["code"]) == (404, "recipe-not-found")
