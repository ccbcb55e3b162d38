"""`diff`, `star` and `comment` at the shell, on a running registry."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI

from mergehub.cli.main import main

Call = Callable[..., Awaitable[Any]]
Shell = Callable[..., Awaitable[Result]]


@pytest.fixture
async def shell_of(
    app: FastAPI, tmp_path: Path, serving: Callable[[FastAPI], AbstractAsyncContextManager[str]]
) -> AsyncIterator[Callable[[httpx.AsyncClient], Shell]]:
    """A person's shell; `given` is its standard input."""
    async with serving(app) as url:

        def shell_of(person: httpx.AsyncClient) -> Shell:
            token = person.headers["authorization"].removeprefix("Bearer ")
            env = {"MERGEHUB_URL": url, "MERGEHUB_TOKEN": token, "MERGEHUB_DATA": str(tmp_path)}

            async def shell(*command: str, given: str = "") -> Result:
                words = list(command)
                return await asyncio.to_thread(
                    CliRunner().invoke, main, words, env=env, input=given
                )

            return shell

        yield shell_of


@pytest.fixture
async def ann(person: Call) -> httpx.AsyncClient:
    return await person("ann")


@pytest.fixture
async def recipe(ann: httpx.AsyncClient, recipe_text: str) -> dict[str, Any]:
    """Ann's recipe soup, in two versions."""
    body = {"name": "soup", "title": "Soup", "recipe": recipe_text}
    made = (await ann.post("/v1/recipes", json=body)).json()
    changed = {"recipe": recipe_text.replace("bfloat16", "float32")}
    second = await ann.post(f"/v1/recipes/{made['id']}/versions", json=changed)
    return made | {"versions": [made["version"]["id"], second.json()["id"]]}


async def test_versions_are_compared_by_name_by_id_and_with_a_file(
    recipe: dict[str, Any], ann: httpx.AsyncClient, shell_of: Any, recipe_text: str
) -> None:
    shell = shell_of(ann)
    first, second = recipe["versions"]
    shown = []
    for old, new in (("soup@1", "soup"), (first, recipe["id"]), ("ann/soup@1", second)):
        done = await shell("diff", old, new)
        assert done.exit_code == 0, done.output
        shown.append([line.split() for line in done.stdout.splitlines()])
    assert shown[0] == shown[1] == shown[2] == [
        ["difference", "ann/soup@1", "ann/soup@2"],
        ["~", "dtype", "bfloat16", "float32"],
    ]  # fmt: skip
    same = await shell("diff", "-", "soup@1", given=recipe_text)
    assert same.stdout == "- and ann/soup@1 merge the same models in the same way.\n"


async def test_a_comparison_as_json_has_the_names_of_the_api(
    recipe: dict[str, Any], ann: httpx.AsyncClient, shell_of: Any
) -> None:
    done = await shell_of(ann)("diff", "soup@1", "soup@2", "--json")
    of_shell = json.loads(done.stdout)
    sides = dict(zip(("from", "to"), recipe["versions"], strict=True))
    of_hub = (await ann.get("/v1/recipes/diff", params=sides)).json()
    assert of_shell["differences"] == of_hub["differences"]
    assert of_shell["total"] == of_hub["total"] == 1
    assert of_shell["old"] == {"name": "ann/soup@1", "digest": of_hub["old"]["digest"]}


async def test_a_recipe_is_starred_listed_and_unstarred(
    recipe: dict[str, Any], person: Call, shell_of: Any
) -> None:
    shell = shell_of(await person("eve"))
    for _ in range(2):
        assert (await shell("star", "ann/soup")).stdout == "ann/soup has 1 star.\n"
    listed = (await shell("star")).stdout.splitlines()
    assert [line.split() for line in listed] == [
        ["recipe", "stars", "method", "title"], ["ann/soup", "1", "linear", "Soup"],
    ]  # fmt: skip
    assert json.loads((await shell("star", "--json")).stdout)[0]["name"] == "soup"
    assert (await shell("unstar", recipe["id"])).stdout == "ann/soup has 0 stars.\n"


async def test_a_recipe_is_discussed(
    recipe: dict[str, Any], person: Call, ann: httpx.AsyncClient, shell_of: Any
) -> None:
    eve, owner = shell_of(await person("eve")), shell_of(ann)
    assert (await eve("comment", "soup", "Does it \x1b[31madd?")).stdout == "comment 1\n"
    answered = await owner("comment", "soup", "-", "--answer", "1", given="It does.\nAlways.\n")
    assert answered.stdout == "comment 2\n"
    assert (await owner("comment", "soup", "It does.", "--edit", "2")).exit_code == 0
    shown = (await eve("comments", "soup")).stdout
    assert "\x1b" not in shown
    lines = shown.splitlines()
    assert lines[0].startswith("1  eve  ")
    assert lines[1] == "    Does it ·[31madd?"
    assert lines[3].startswith("    2  ann  ")
    assert lines[3].endswith("  (edited)")
    assert lines[4] == "        It does."
    assert (await owner("comment", "soup", "--remove", "1")).stdout == "removed\n"
    assert "    (removed by a moderator)" in (await eve("comments", "soup")).stdout
    both = json.loads((await eve("comments", "soup", "--json")).stdout)
    assert [(each["number"], each["text"]) for each in both] == [(1, None), (2, "It does.")]


@pytest.mark.parametrize(
    "words",
    [["x", "--edit", "1", "--answer", "2"], [], ["x", "--remove", "1"], ["--answer", "1"]],
)
async def test_a_comment_that_is_not_clear_is_refused(words: list[str]) -> None:
    done = CliRunner().invoke(main, ["comment", "soup", *words])
    assert done.exit_code == 2


async def test_a_refusal_says_what_to_do(
    recipe: dict[str, Any], person: Call, shell_of: Any
) -> None:
    shell = shell_of(await person("eve"))
    refused = await shell("comment", "soup", "me too", "--answer", "7")
    assert refused.exit_code == 1
    assert "The recipe has no comment 7." in refused.stderr
    gone = await shell("diff", "soup", "soup@9")
    assert "soup has no version 9; its newest is 2." in gone.stderr
