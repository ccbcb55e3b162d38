"""The check of a recipe asks the real lineage, with the token of the services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

import lineage.app
import registry.app
from lineage.replica.serving import replica_of
from mergehub.kit.settings.service import ServiceSettings
from registry.recipes.beside_lineage.lineage import Lineage

OWNER, SERVICE = SecretStr("mgh_owner-of-recipes"), SecretStr("mgh_service-of-recipes")
Serving = Callable[[FastAPI], AbstractAsyncContextManager[str]]


class Patient(Lineage):
    """It waits for lineage as long as a test's machine takes."""

    SECONDS = 60.0


EDGES = [
    ("dates", "llama", "finetune"),
    ("units", "llama", "finetune"),
    ("poems", "mistral", "finetune"),
    ("soup", "dates", "merge"),
    ("soup", "poems", "merge"),
]
LICENCES = {"llama": "llama3", "mistral": "apache-2.0", "dates": "mit", "poems": "gpl-3.0"}


@pytest.fixture(scope="module")
async def hub(
    database_of: Callable[[str], Awaitable[str]], redis_url: str, serving: Serving
) -> AsyncIterator[httpx.AsyncClient]:
    """A registry and a lineage that knows two families, where even reading needs a token."""
    settings = ServiceSettings(
        database_url=await database_of("beside"),
        redis_url=redis_url,
        background="separate",
        bootstrap_token=OWNER,
        service_token=SERVICE,
        require_token=True,
        log_level="error",
    )
    recipes = registry.app.create_app(settings)
    async with recipes.router.lifespan_context(recipes), serving(recipes) as url:
        graph = lineage.app.create_app(settings.model_copy(update={"hub_url": url}))
        async with (
            graph.router.lifespan_context(graph),
            serving(graph) as graph_url,
            _client(OWNER, graph_url) as writer,
            _client(SERVICE) as asking,
            _client(OWNER, url) as client,
        ):
            await _bring(writer)
            await replica_of(graph).current()
            recipes.state.lineage = Patient(asking, graph_url)
            yield client


def _client(token: SecretStr, url: str = "") -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=60)


async def _bring(client: httpx.AsyncClient) -> None:
    """Import the families, and flag one of their models."""
    edges = [
        {"child": child, "parent": parent, "relation": relation}
        for child, parent, relation in EDGES
    ]
    models = [{"name": name, "licence": licence} for name, licence in LICENCES.items()]
    rows = {"source": "test", "edges": edges, "models": models}
    (await client.post("/v1/graph/imports", json=rows)).raise_for_status()
    [dates] = (await client.get("/v1/models", params={"name": "dates"})).json()["items"]
    flag = {"kind": "contaminated", "reason": "Saw the test"}
    answer = await client.post(f"/v1/models/{dates['id']}/flags", json=flag)
    answer.raise_for_status()


def ties(base: str | None, *models: str) -> str:
    entries = "".join(
        f"  - model: {each}\n    parameters: {{weight: 1, density: 0.5}}\n" for each in models
    )
    head = "merge_method: ties\n" + (f"base_model: {base}\n" if base else "")
    return f"{head}models:\n{entries}"


async def check(hub: httpx.AsyncClient, text: str, **more: Any) -> dict[str, Any]:
    return dict((await hub.post("/v1/recipes/check", json={"recipe": text, **more})).json())


def codes(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["code"], each["pointer"].partition("#")[2]) for each in answer["warnings"]]


async def test_a_recipe_on_the_base_of_its_models_has_only_its_flag(hub):
    answer = await check(hub, ties("llama", "units", "elsewhere"))
    assert (codes(answer), answer["unknown_models"]) == ([], ["elsewhere"])
    assert answer["lineage"] == "answered"
    flagged = await check(hub, ties("llama", "units", "DATES@main"))
    assert ("flagged", "/models/1/model") in codes(flagged)


async def test_the_nearest_shared_base_is_named(hub):
    answer = await check(hub, ties("mistral", "units", "units+lora"))
    [found] = answer["warnings"]
    assert (found["code"], found["pointer"]) == ("base-not-shared", "/recipe#/base_model")
    assert "did you mean 'llama'" in found["suggestion"]
    refused = await check(hub, ties(None, "units", "dates"))
    assert refused["errors"][0]["suggestion"].startswith("add base_model: llama")


async def test_models_of_two_families_share_no_base(hub):
    answer = await check(hub, ties("llama", "units", "poems"))
    assert codes(answer)[0] == ("no-shared-base", "/models")
    [excluded] = [each for each in answer["warnings"] if each["code"] == "licences-exclude"]
    assert excluded["detail"].endswith("keeps both llama3 of 'llama' and gpl-3.0 of 'poems'")


async def test_what_a_merge_inherits_is_found_through_its_parents(hub):
    answer = await check(
        hub, "merge_method: linear\nmodels: [{model: soup, parameters: {weight: 1}}]"
    )
    assert codes(answer) == [
        ("flagged", "/models/0/model"),
        ("licence-broken", "/models/0/model"),
        ("licences-exclude", "/models/0/model"),
    ]
    broken = answer["warnings"][1]
    assert broken["suggestion"] == "the way: soup from dates from llama"


async def test_the_licence_of_a_recipe_is_compared_with_what_its_models_inherit(hub):
    text = "merge_method: linear\nmodels: [{model: poems, parameters: {weight: 1}}]"
    for licence, expected in (("gpl-3.0", []), ("mit", [("licence-not-kept", "/models/0/model")])):
        assert codes(await check(hub, text, licence=licence)) == expected
