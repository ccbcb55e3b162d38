"""Recipes: published, checked, versioned, and read back unchanged."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
import rfc8785

from mergehub.kit.paging.cursors import Cursors
from mergehub.kit.settings.service import ServiceSettings

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Events = Callable[..., Awaitable[list[Json]]]


@pytest.fixture
def publish(owner: httpx.AsyncClient, recipe_text: str) -> Callable[..., Awaitable[httpx.Response]]:
    async def publish(name: str = "half-and-half", **fields: Any) -> httpx.Response:
        body = {"name": name, "title": "Half and half", "recipe": recipe_text, **fields}
        return await owner.post("/v1/recipes", json=body)

    return publish


async def test_published_recipe_has_version_one_and_is_told(publish: Any, events: Events) -> None:
    answer = await publish(tags=["small"], domains=["dates"])
    recipe = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/recipes/{recipe['id']}"
    assert (recipe["tags"], recipe["domains"]) == (["small"], ["dates"])
    assert (recipe["version"]["number"], recipe["version"]["method"]) == (1, "linear")
    assert await events("recipe.published") == [
        {
            "recipe": recipe["id"],
            "version": recipe["version"]["id"],
            "number": 1,
            "name": "half-and-half",
            "digest": recipe["version"]["digest"],
        }
    ]


async def test_a_synonym_of_a_domain_is_stored_under_its_name(
    publish: Any, owner: httpx.AsyncClient, recipe_text: str
) -> None:
    recipe = (await publish(domains=["Math", "cooking", "maths", "coding"])).json()
    assert recipe["domains"] == ["maths", "cooking", "code"]
    at, any_tag = f"/v1/recipes/{recipe['id']}", {"If-Match": "*"}
    changed = await owner.patch(at, json={"domains": ["law"]}, headers=any_tag)
    assert changed.json()["domains"] == ["legal"]
    fork = await owner.post(f"{at}/fork", json={"name": "fork", "domains": ["Role play"]})
    assert fork.json()["domains"] == ["roleplay"]
    row = {"name": "imported", "recipe": recipe_text, "domains": ["programming"]}
    await owner.post("/v1/recipes/import", json={"recipes": [row]})
    imported = (await owner.get("/v1/recipes/named/local/imported")).json()
    assert imported["domains"] == ["code"]
    refused = await publish("another", domains=["No Such Domain"])
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/domains/0"]


async def test_source_comes_back_byte_for_byte(
    publish: Any, stranger: httpx.AsyncClient, recipe_text: str
) -> None:
    source = "# ünïcode, tabs after # \t and CRLF\r\n" + recipe_text + "\n\n# the end"
    recipe = (await publish(recipe=source)).json()
    version = f"/v1/recipes/{recipe['id']}/versions/1"

    raw = await stranger.get(f"{version}/source", headers={"Accept": "application/yaml"})

    assert raw.content == source.encode()
    assert raw.headers["content-type"] == "application/yaml"
    assert (await stranger.get(version)).json()["source"] == source


async def test_digest_is_that_of_the_canonical_form(publish: Any, owner: httpx.AsyncClient) -> None:
    recipe = (await publish()).json()
    version = (await owner.get(f"/v1/recipes/{recipe['id']}/versions/1")).json()

    digest = hashlib.sha256(rfc8785.dumps(version["canonical"])).hexdigest()

    assert version["digest"] == f"sha256:{digest}" == recipe["version"]["digest"]
    assert version["ingredients"] == ["org/first", "org/second"]


async def test_known_version_is_not_sent_again(publish: Any, owner: httpx.AsyncClient) -> None:
    recipe = (await publish()).json()
    for path in ("", "/source"):
        address = f"/v1/recipes/{recipe['id']}/versions/1{path}"
        etag = (await owner.get(address)).headers["etag"]
        again = await owner.get(address, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")


async def test_new_version_leaves_the_old_one_alone(
    publish: Any, owner: httpx.AsyncClient, recipe_text: str
) -> None:
    recipe = (await publish()).json()
    versions = f"/v1/recipes/{recipe['id']}/versions"
    first = (await owner.get(f"{versions}/1")).json()

    changed = recipe_text.replace("0.5", "0.75")
    second = await owner.post(versions, json={"recipe": changed})

    assert (second.status_code, second.json()["number"]) == (201, 2)
    assert second.json()["digest"] != first["digest"]
    assert (await owner.get(f"{versions}/1")).json() == first
    assert [each["number"] for each in (await owner.get(versions)).json()["items"]] == [2, 1]
    newest = (await owner.get(f"/v1/recipes/{recipe['id']}")).json()["version"]
    assert newest["digest"] == second.json()["digest"]


async def test_equal_digest_makes_no_new_version(
    publish: Any, owner: httpx.AsyncClient, recipe_text: str, events: Events
) -> None:
    recipe = (await publish()).json()
    reformatted = recipe_text.replace("# two models, half and half", "# other words")

    answer = await owner.post(f"/v1/recipes/{recipe['id']}/versions", json={"recipe": reformatted})

    assert (answer.status_code, answer.json()["number"]) == (200, 1)
    assert len(await events("recipe.published")) == 1


async def test_concurrent_versions_get_numbers_of_their_own(
    publish: Any, owner: httpx.AsyncClient, recipe_text: str
) -> None:
    recipe = (await publish()).json()

    async def version(weight: int) -> int:
        text = recipe_text.replace("0.5", str(weight))
        answer = await owner.post(f"/v1/recipes/{recipe['id']}/versions", json={"recipe": text})
        return answer.json()["number"]

    numbers = await asyncio.gather(*(version(weight) for weight in range(1, 13)))

    assert sorted(numbers) == list(range(2, 14))


async def test_every_fault_is_told_at_once(publish: Any, recipe_text: str) -> None:
    wrong = recipe_text.replace("merge_method: linear", "merge_method: linaer").replace(
        "dtype: bfloat16", "dtype: bfloat17\nbase_modle: org/first"
    )
    answer = await publish(recipe=wrong)
    problem = answer.json()

    assert (answer.status_code, problem["code"]) == (422, "recipe-invalid")
    assert answer.headers["content-type"] == "application/problem+json"
    faults = {fault["pointer"]: fault for fault in problem["errors"]}
    assert faults.keys() == {"/recipe#/merge_method", "/recipe#/dtype", "/recipe#/base_modle"}
    assert "linear" in faults["/recipe#/merge_method"]["suggestion"]
    assert "base_model" in faults["/recipe#/base_modle"]["suggestion"]
    lines = [line.partition(":")[0] for line in wrong.splitlines()]
    for pointer, fault in faults.items():
        assert lines[fault["line"] - 1] == pointer.removeprefix("/recipe#/")


async def test_fault_deep_inside_the_recipe_is_pointed_at(publish: Any, recipe_text: str) -> None:
    answer = await publish(recipe=recipe_text.replace("{weight: 0.5}", "{wieght: 0.5}"))
    pointers = {fault["pointer"] for fault in answer.json()["errors"]}
    assert "/recipe#/models/1/parameters/wieght" in pointers


async def test_check_judges_alike_and_stores_nothing(
    stranger: httpx.AsyncClient, publish: Any, recipe_text: str
) -> None:
    good = await stranger.post("/v1/recipes/check", json={"recipe": recipe_text})
    bad = await stranger.post("/v1/recipes/check", json={"recipe": "merge_method: [1"})

    assert (bad.status_code, bad.json()["code"]) == (422, "recipe-invalid")
    assert (await stranger.get("/v1/recipes")).json()["items"] == []
    recipe = (await publish()).json()
    assert good.json()["digest"] == recipe["version"]["digest"]
    assert (good.json()["method"], good.json()["warnings"]) == ("linear", [])


async def test_check_warns_of_what_has_no_effect(
    stranger: httpx.AsyncClient, recipe_text: str
) -> None:
    text = recipe_text + "parameters: {int8_mask: true}\n"
    answer = (await stranger.post("/v1/recipes/check", json={"recipe": text})).json()
    assert [each["pointer"] for each in answer["warnings"]] == ["/recipe#/parameters/int8_mask"]


async def test_a_name_is_published_once(publish: Any) -> None:
    answers = await asyncio.gather(*(publish() for _ in range(8)))
    assert sorted(each.status_code for each in answers) == [201] + [409] * 7
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {
        "recipe-name-taken"
    }


async def test_list_is_paged_newest_first_and_filtered(
    publish: Any, owner: httpx.AsyncClient, recipe_text: str
) -> None:
    for number in range(5):
        await publish(f"recipe-{number}", tags=["even" if number % 2 == 0 else "odd"])
    ties = recipe_text.replace("linear", "ties\nbase_model: org/base")
    assert (await publish("another-method", recipe=ties)).status_code == 201

    names, address = [], "/v1/recipes?limit=4"
    while address:
        page = await owner.get(address)
        names += [each["name"] for each in page.json()["items"]]
        address = page.links.get("next", {}).get("url")
    assert names == ["another-method", *(f"recipe-{number}" for number in range(4, -1, -1))]

    async def listed(**wanted: str) -> list[str]:
        page = await owner.get("/v1/recipes", params=wanted)
        return [each["name"] for each in page.json()["items"]]

    assert await listed(tag="odd") == ["recipe-3", "recipe-1"]
    assert await listed(method="ties") == ["another-method"]
    assert await listed(name="recipe-2") == ["recipe-2"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/recipes/00000000-0000-0000-0000-000000000000", 404),
        ("/v1/recipes/00000000-0000-0000-0000-000000000000/versions", 404),
        ("/v1/recipes/00000000-0000-0000-0000-000000000000/versions/1", 404),
        ("/v1/recipes/00000000-0000-0000-0000-000000000000/versions/99999999999", 422),
        ("/v1/recipes/not-an-id", 422),
        ("/v1/recipes?cursor=nonsense", 400),
    ],
)
async def test_what_is_not_there_is_a_problem(
    stranger: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await stranger.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture
def sealed_cursor(settings: ServiceSettings) -> Callable[..., str]:
    """A cursor with the service's own seal and any content."""

    def make(path: str, *key: Any) -> str:
        return Cursors(settings.cursor_secret, f"{path}?").encode(*key)

    return make


@pytest.mark.parametrize("key", [[2**31], [-(2**40)], [2**63], ["x"], [None], [1, 2]])
async def test_impossible_cursor_is_refused(
    publish: Any, owner: httpx.AsyncClient, sealed_cursor: Any, key: list[Any]
) -> None:
    recipe = (await publish()).json()
    address = f"/v1/recipes/{recipe['id']}/versions"
    answer = await owner.get(address, params={"cursor": sealed_cursor(address, *key)})
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-23:00", "yesterday"])
async def test_impossible_time_in_a_cursor_is_refused(
    owner: httpx.AsyncClient, sealed_cursor: Any, time: str
) -> None:
    for path in ("/v1/recipes", "/v1/runs"):
        cursor = sealed_cursor(path, time, uuid4())
        assert (await owner.get(path, params={"cursor": cursor})).status_code in (400, 422)


async def test_text_that_cannot_be_stored_is_refused(publish: Any) -> None:
    assert (await publish(title="a NUL \0 inside")).status_code == 422


@pytest.mark.parametrize("title", ["\u202eevil", "two\nlines", "a bell \a", "\u2066hidden"])
async def test_a_title_is_one_line_that_shows_what_it_says(publish: Any, title: str) -> None:
    refused = await publish(title=title)
    assert refused.status_code == 422
    (fault,) = refused.json()["errors"]
    assert (fault["pointer"], fault["detail"]) == (
        "/title", "must be one line without control characters",
    )  # fmt: skip
    assert (await publish(name="persian", title="می\u200cخواهم")).status_code == 201


async def test_words_about_a_recipe_change_and_its_versions_do_not(
    publish: Any, owner: httpx.AsyncClient
) -> None:
    address = (await publish(tags=["old"])).headers["location"]
    before = await owner.get(address)
    headers = {"If-Match": before.headers["etag"]}
    changed = await owner.patch(address, json={"tags": ["new"]}, headers=headers)
    assert changed.json() == before.json() | {"tags": ["new"]}
    after = await owner.get(address)
    assert (after.json(), after.headers["etag"]) == (changed.json(), changed.headers["etag"])


async def test_of_many_changes_at_once_one_is_made(publish: Any, owner: httpx.AsyncClient) -> None:
    address = (await publish()).headers["location"]
    headers = {"If-Match": (await owner.get(address)).headers["etag"]}

    async def change(number: int) -> httpx.Response:
        return await owner.patch(address, json={"title": f"T{number}"}, headers=headers)

    answers = await asyncio.gather(*(change(number) for number in range(12)))
    (made,) = [each for each in answers if each.status_code == 200]
    assert sorted({each.status_code for each in answers}) == [200, 412]
    assert (await owner.get(address)).json() == made.json()


@pytest.mark.parametrize(("headers", "status"), [({}, 428), ({"If-Match": '"old"'}, 412)])
async def test_a_change_must_know_what_it_changes(
    publish: Any, owner: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    address = (await publish()).headers["location"]
    answer = await owner.patch(address, json={"title": "Other"}, headers=headers)
    assert answer.status_code == status
    assert (await owner.get(address)).json()["title"] == "Half and half"


async def test_a_new_version_is_a_change_too(
    publish: Any, owner: httpx.AsyncClient, recipe_text: str
) -> None:
    address = (await publish()).headers["location"]
    etag = (await owner.get(address)).headers["etag"]
    text = recipe_text.replace("0.5", "0.75")
    await owner.post(f"{address}/versions", json={"recipe": text})
    answer = await owner.patch(address, json={"title": "Other"}, headers={"If-Match": etag})
    assert answer.status_code == 412


NOT_BUILT = {
    "/tokenizer_source": "tokenizer_source: union",
    "/tokenizer/source": "tokenizer: {}",
    "/chat_template": "chat_template: chatml",
    "/tokenizer/pad_to_multiple_of": "tokenizer: {source: base, pad_to_multiple_of: 64}",
}


@pytest.mark.parametrize(("place", "field"), NOT_BUILT.items())
async def test_what_is_not_built_yet_is_refused_wherever_a_recipe_comes_in(
    publish: Any, owner: httpx.AsyncClient, recipe_text: str, place: str, field: str
) -> None:
    recipe = (await publish()).json()
    body = {"recipe": f"{recipe_text}\n{field}\n"}
    run = {"kind": "merge", "model_name": "local/m", **body}
    answers = [
        await owner.post("/v1/recipes/check", json=body),
        await owner.post("/v1/recipes", json={"name": "other", "title": "Other", **body}),
        await owner.post(f"/v1/recipes/{recipe['id']}/versions", json=body),
        await owner.post("/v1/runs", json=run),
    ]
    for answer in answers:
        assert answer.status_code == 422
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == (f"/recipe#{place}", "not-built")
        assert fault["detail"].startswith("not built yet: ")
        assert fault["suggestion"]


@pytest.mark.parametrize(
    "weight", ["!!int ''", "!!float ''", f"0x{'f' * 9000}", f"1{':59' * 9000}", "1:30:00.5"]
)
async def test_a_number_that_yaml_1_2_does_not_know_is_a_fault_of_its_field(
    stranger: httpx.AsyncClient, weight: str
) -> None:
    text = f"merge_method: linear\nmodels: [{{model: a, parameters: {{weight: {weight}}}}}]\n"
    answer = await stranger.post("/v1/recipes/check", json={"recipe": text})
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == "/recipe#/models/0/parameters/weight"
    assert len(answer.content) < 2_000


@pytest.mark.parametrize(
    ("query", "suggested"),
    [
        ({"name": "tiny-tie"}, ["eve/tiny-ties", "local/tiny-ties"]),
        ({"name": "Tiny-Tie"}, ["eve/tiny-ties", "local/tiny-ties"]),
        ({"name": "tiny-tie", "owner": "local"}, ["local/tiny-ties"]),
        ({"name": "tiny-ties", "owner": "lcoal"}, ["local/tiny-ties"]),
        ({"name": "another-thing"}, []),
        ({"name": "tiny-ties"}, []),
        ({"owner": "loca"}, []),
    ],
)
async def test_a_name_that_nothing_has_suggests_those_that_are_near(
    owner: httpx.AsyncClient, person: Call, recipe_text: str, query: Json, suggested: list[str]
) -> None:
    eve = await person("eve")
    for client in (owner, eve):
        await client.post("/v1/recipes", json={"name": "tiny-ties", "recipe": recipe_text})
    page = (await owner.get("/v1/recipes", params=query)).json()
    assert set(suggested) <= set(page["suggestions"]), page
    assert suggested or not page["suggestions"]


async def test_a_private_name_is_suggested_to_nobody_else(
    owner: httpx.AsyncClient, person: Call, stranger: httpx.AsyncClient, recipe_text: str
) -> None:
    eve = await person("eve")
    secret = {"name": "tiny-ties", "recipe": recipe_text, "visibility": "private"}
    await eve.post("/v1/recipes", json=secret)
    for client, suggested in ((eve, ["eve/tiny-ties"]), (stranger, [])):
        page = (await client.get("/v1/recipes", params={"name": "tiny-tie"})).json()
        assert page["suggestions"] == suggested


async def test_names_and_handles_are_found_in_whatever_case(
    person: Call, stranger: httpx.AsyncClient, recipe_text: str
) -> None:
    ann = await person("ann")
    await ann.post("/v1/recipes", json={"name": "soup", "recipe": recipe_text})
    (found,) = (await stranger.get("/v1/recipes?name=SOUP&owner=Ann")).json()["items"]
    assert (found["owner"], found["name"]) == ("ann", "soup")
    assert (await stranger.get("/v1/accounts/ANN")).json()["handle"] == "ann"


async def test_a_list_of_large_recipes_is_small(owner: httpx.AsyncClient, recipe_text: str) -> None:
    body = {"name": "soup", "recipe": recipe_text, "description": "d" * 20_000}
    url = (await owner.post("/v1/recipes", json=body)).headers["location"]
    recipe = (await owner.get(url)).json()
    answer = await owner.get("/v1/recipes")
    [found] = answer.json()["items"]
    assert {name: found[name] for name in recipe} == recipe | {"description": "d" * 300}
