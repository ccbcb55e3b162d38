"""The shell on a hub with several publishers: a name alone never means another's recipe."""

from __future__ import annotations

import asyncio
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
    app: FastAPI, tmp_path: Path, recipe_text: str,
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]],
) -> AsyncIterator[Callable[[httpx.AsyncClient], Shell]]:  # fmt: skip
    """A person's shell, in a folder with the recipe soup.yml."""
    soup = tmp_path / "soup.yml"
    soup.write_text(recipe_text)
    async with serving(app) as url:

        def shell_of(person: httpx.AsyncClient) -> Shell:
            token = person.headers["authorization"].removeprefix("Bearer ")
            env = {"MERGEHUB_URL": url, "MERGEHUB_TOKEN": token, "MERGEHUB_DATA": str(tmp_path)}

            async def shell(*command: str) -> Result:
                given = [str(soup) if word == "soup.yml" else word for word in command]
                return await asyncio.to_thread(CliRunner().invoke, main, given, env=env)

            return shell

        yield shell_of


async def test_a_name_is_ones_own_before_anybody_elses(
    person: Call, shell_of: Callable[[httpx.AsyncClient], Shell]
) -> None:
    ann, eve, kim = [await person(name) for name in ("ann", "eve", "kim")]
    for each in (ann, eve):
        done = await shell_of(each)("publish", "soup.yml")
        assert done.exit_code == 0, done.output
        assert "soup version 1" in done.output
    again = await shell_of(ann)("publish", "soup.yml")
    assert "soup version 1" in again.output

    async def merged(by: httpx.AsyncClient, recipe: str) -> str:
        done = await shell_of(by)("submit", recipe, "--name", "y")
        assert done.exit_code == 0, done.output
        run = (await by.get("/v1/runs")).json()["items"][0]["id"]
        return (await by.get(f"/v1/runs/{run}")).json()["spec"]["recipe_version"]

    versions = {
        each["owner"]: each["version"]["id"]
        for each in (await kim.get("/v1/recipes")).json()["items"]
    }
    assert await merged(ann, "soup") == versions["ann"]
    assert await merged(eve, "soup@1") == versions["eve"]
    assert await merged(kim, "ann/soup") == versions["ann"]
    refused = await shell_of(kim)("submit", "soup", "--name", "y")
    assert refused.exit_code == 1
    assert "give one of eve/soup, ann/soup" in refused.stderr


async def test_an_organisations_recipe_is_published_privately(
    person: Call, shell_of: Callable[[httpx.AsyncClient], Shell]
) -> None:
    ann = await person("ann")
    await ann.post("/v1/accounts", json={"handle": "lab"})
    done = await shell_of(ann)("publish", "soup.yml", "--name", "lab/broth", "--private")
    assert done.exit_code == 0, done.output
    [recipe] = (await ann.get("/v1/recipes")).json()["items"]
    told = recipe["owner"], recipe["name"], recipe["visibility"]
    assert told == ("lab", "broth", "private")


async def test_a_later_version_is_as_private_as_it_was_asked_for(
    person: Call, shell_of: Callable[[httpx.AsyncClient], Shell]
) -> None:
    ann = await person("ann")
    shell = shell_of(ann)
    await shell("publish", "soup.yml", "--name", "open")
    refused = await shell("publish", "soup.yml", "--name", "open", "--private")
    assert refused.exit_code == 1
    assert "ann/open exists and is public" in refused.stderr
    for _ in range(2):
        done = await shell("publish", "soup.yml", "--name", "closed", "--private")
        assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", ["me/soup", "kim/soup"])
async def test_a_name_under_no_account_of_ones_own_says_which_are(
    person: Call, shell_of: Callable[[httpx.AsyncClient], Shell], name: str
) -> None:
    ann, _ = [await person(each) for each in ("ann", "kim")]
    for handle in ("lab", "club"):
        await ann.post("/v1/accounts", json={"handle": handle})
    done = await shell_of(ann)("publish", "soup.yml", "--name", name)
    assert done.exit_code == 1
    assert "Your account is ann; you also write for club, lab." in done.stderr
    assert ("There is no account me." in done.stderr) == (name == "me/soup")


async def test_an_owners_token_that_is_no_names_owner_says_whose_it_is(
    owner: httpx.AsyncClient, shell_of: Callable[[httpx.AsyncClient], Shell]
) -> None:
    done = await shell_of(owner)("publish", "soup.yml", "--name", "me/soup")
    assert done.stderr == "Error: There is no account me. Your account is local.\n"
