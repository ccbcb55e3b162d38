"""Exports of recipes: one version for another program, and all public ones as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from mergehub.lineage_files.reading import File
from mergehub.recipe import parse_recipe, recipe_digest
from mergehub.recipe_files.reading import read
from mergehub.recipe_files.rows import Found
from registry.recipes.exports import service

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}
HOSTILE = {
    "title": "--- Soup: [a](b) | license: gpl",
    "description": "```\nnot a recipe\n```\n---\n\u2028é",
    "tags": ["small"],
    "domains": ["legal"],
    "licence": "apache-2.0",
}
RECIPE = """\
# ties of two, one with an adapter
merge_method: ties
base_model: org/base@ABC123
models:
  - model: org/left+org/lora@v2
    parameters: {weight: 0.5, density: 0.5}
  - model: /data/right
    parameters: {weight: 0.5, density: 0.5}
dtype: bfloat16
"""
OTHER = "merge_method: linear\nmodels:\n  - {model: org/x, parameters: {weight: 1}}\n"


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
def publish(ann: Client) -> Call:
    async def publish(name: str, recipe: str = RECIPE, **fields: Any) -> Json:
        answer = await ann.post("/v1/recipes", json={"name": name, "recipe": recipe, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return publish


async def exported(client: Client, recipe: Json, form: str, number: int = 1) -> httpx.Response:
    path = f"/v1/recipes/{recipe['id']}/versions/{number}/export"
    return await client.get(path, params={"as": form})


async def lines(client: Client, **params: Any) -> list[Json]:
    answer = await client.get("/v1/recipes/export", params=params)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def found_in(folder: Path, name: str, text: str) -> list[Found]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    rows = list(read(File(file)))
    assert all(isinstance(row, Found) for row in rows), rows
    return [row for row in rows if isinstance(row, Found)]


@pytest.mark.parametrize(("form", "suffix"), [("card", "md"), ("jsonl", "jsonl"), ("yaml", "yml")])
async def test_what_is_exported_is_read_again_with_the_same_digest(
    publish: Call, stranger: Client, tmp_path: Path, form: str, suffix: str
) -> None:
    recipe = await publish("soup", **HOSTILE)
    answer = await exported(stranger, recipe, form)
    assert (form == "card") == ("merges by the method `ties`:\n\n- `org/" in answer.text)
    named = answer.headers["content-disposition"]
    assert named == f'attachment; filename="soup.{suffix}"'
    (found,) = found_in(tmp_path, f"soup.{suffix}", answer.text)
    assert found.name == "soup"
    assert recipe_digest(parse_recipe(found.text)) == recipe["version"]["digest"]
    if form != "yaml":
        about = {name: found.about[name] for name in ("domains", "licence")}
        assert about == {"domains": ["legal"], "licence": "apache-2.0"}
        assert "small" in found.about["tags"]


async def test_an_ml_bom_is_valid_cyclonedx_and_names_the_parents_as_pedigree(
    publish: Call, stranger: Client
) -> None:
    recipe = await publish("soup", **HOSTILE)
    text = (await exported(stranger, recipe, "cyclonedx")).text
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(text) is None
    merged = json.loads(text)["metadata"]["component"]
    ancestors = merged["pedigree"]["ancestors"]
    assert [(each["name"], each.get("purl")) for each in ancestors] == [
        ("org/base", "pkg:huggingface/org/base@abc123"),
        ("org/left", "pkg:huggingface/org/left"),
        ("/data/right", None),
    ]
    (lora,) = ancestors[1]["pedigree"]["ancestors"]
    assert lora["purl"] == "pkg:huggingface/org/lora@v2"
    assert merged["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    digest = {"name": "mergehub:recipe:digest", "value": recipe["version"]["digest"]}
    assert digest in merged["properties"]


async def test_a_licence_that_spdx_does_not_list_is_named(publish: Call, stranger: Client) -> None:
    text = (await exported(stranger, await publish("a", licence="llama3"), "cyclonedx")).text
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(text) is None
    (licence,) = json.loads(text)["metadata"]["component"]["licenses"]
    assert licence["license"]["name"] == "llama3"


async def test_everything_public_is_exported_and_imported_elsewhere_with_the_same_digests(
    publish: Call, ann: Client, person: Call, stranger: Client
) -> None:
    first = await publish("a", **HOSTILE)
    answer = await ann.post(f"/v1/recipes/{first['id']}/versions", json={"recipe": OTHER})
    assert answer.status_code == 201
    await publish("b", OTHER)
    rows = await lines(stranger)
    assert sorted((row["owner"], row["name"], row["number"]) for row in rows) == [
        ("ann", "a", 1), ("ann", "a", 2), ("ann", "b", 1),
    ]  # fmt: skip
    bob = await person("bob")
    taken = ("name", "title", "description", "tags", "domains", "licence", "recipe")
    body = {"recipes": [{name: row[name] for name in taken} for row in rows]}
    assert (await bob.post("/v1/recipes/import", json=body)).json()["refused"] == []
    again = await lines(stranger, owner="bob")
    compared = (*taken, "number", "digest")
    assert [[row[name] for name in compared] for row in sorted(again, key=_order)] == [
        [row[name] for name in compared] for row in sorted(rows, key=_order)
    ]


def _order(row: Json) -> tuple[str, int]:
    return row["name"], row["number"]


async def test_an_export_goes_on_after_any_of_its_lines(
    publish: Call, stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TOGETHER", 2)
    for name in ("a", "b", "c", "d", "e"):
        await publish(name)
    rows = await lines(stranger)
    assert sorted(row["name"] for row in rows) == ["a", "b", "c", "d", "e"]
    for place, row in enumerate(rows):
        assert await lines(stranger, after=row["at"]) == rows[place + 1 :]


async def test_an_export_holds_nothing_that_lists_do_not_show_to_everyone(
    publish: Call, ann: Client, stranger: Client
) -> None:
    await publish("hidden", visibility="private")
    await publish("unlisted", visibility="unlisted")
    archived = await publish("archived")
    path = f"/v1/recipes/{archived['id']}"
    assert (await ann.patch(path, json={"archived": True}, headers=ANY)).status_code == 200
    assert (await lines(ann), await lines(stranger, owner="ann")) == ([], [])


async def test_a_private_version_is_exported_for_its_owner_alone(
    publish: Call, ann: Client, stranger: Client
) -> None:
    recipe = await publish("hidden", visibility="private")
    for form in ("yaml", "card", "cyclonedx", "jsonl"):
        assert (await exported(ann, recipe, form)).status_code == 200
        refused = await exported(stranger, recipe, form)
        missing = await exported(stranger, {"id": "00000000-0000-4000-8000-000000000000"}, form)
        assert (refused.status_code, refused.json()["code"]) == (404, "recipe-not-found")
        assert refused.json().keys() == missing.json().keys()


async def test_a_fork_names_its_origin_only_if_everyone_may_see_it(
    publish: Call, ann: Client, stranger: Client
) -> None:
    origin = await publish("origin")
    made = await ann.post(f"/v1/recipes/{origin['id']}/fork", json={"name": "fork"})
    assert made.status_code == 201
    by_name = {row["name"]: row["forked_from"] for row in await lines(stranger)}
    assert by_name == {"origin": None, "fork": "ann/origin@1"}
    path = f"/v1/recipes/{origin['id']}"
    change = await ann.patch(path, json={"visibility": "private"}, headers=ANY)
    assert change.status_code == 200
    assert [row["forked_from"] for row in await lines(ann)] == [None]


@pytest.mark.parametrize("after", ["x", "1@1", "00000000-0000-4000-8000-000000000000@"])
async def test_a_place_that_is_none_is_refused(stranger: Client, after: str) -> None:
    answer = await stranger.get("/v1/recipes/export", params={"after": after})
    assert answer.status_code == 422
