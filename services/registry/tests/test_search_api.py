"""Searching over HTTP, while recipes are published, changed, hidden and deleted."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from entries import DENSITIES, MODELS, WORDS, matches, relevance
from fastapi import FastAPI
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.housekeeping import Housekeeping
from registry.changes import noted
from registry.recipes.models import RecipeRow, VersionRow
from registry.runs.models import RunRow
from registry.search.catalogue.entry import Entry
from registry.search.features import described
from registry.search.gains.trending import Trending
from registry.search.gains.uplift import UpliftFollower
from registry.search.housekeeping import describe
from registry.search.language.plain import query_of
from registry.search.models import FeaturesRow
from registry.search.replica.replica import Replica
from registry.search.replica.rows import all_rows, entries_of
from registry.stars.models import StarRow

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Json = dict[str, Any]
Person = Callable[..., Awaitable[httpx.AsyncClient]]

ALL = "/v1/recipes?limit=200"


def drawn(draw: random.Random, name: str, visibility: str) -> tuple[RecipeRow, VersionRow]:
    """A recipe with its version, of few words and values."""
    words = [draw.choice(WORDS) for _ in range(3)]
    id, method = uuid4(), draw.choice(("ties", "linear"))
    canonical = {
        "merge_method": method,
        "base_model": draw.choice(MODELS),
        "models": [
            {"model": each, "parameters": {"density": draw.choice(DENSITIES), "weight": 1.0}}
            for each in draw.sample(MODELS, 2)
        ],
    }
    recipe = RecipeRow(
        id=id,
        owner="local",
        visibility=visibility,
        name=name,
        title=" ".join(words[:2]),
        description=words[2],
        tags=draw.sample(("german", "maths"), draw.randrange(3)),
        domains=[],
        newest=1,
    )
    version = VersionRow(
        recipe_id=id,
        number=1,
        digest=name,
        method=method,
        ingredients=[],
        source="",
        canonical=json.dumps(canonical),
    )
    return recipe, version


async def add(session: AsyncSession, *recipes: tuple[RecipeRow, VersionRow]) -> None:
    session.add_all([recipe for recipe, _ in recipes])
    await session.flush()
    session.add_all([version for _, version in recipes])
    await noted(session, *(recipe.id for recipe, _ in recipes))


async def listed(client: httpx.AsyncClient, address: str, **params: Any) -> list[Json]:
    """All items of a list, page by page."""
    items: list[Json] = []
    answer = await client.get(address, params=params)
    while True:
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        more = answer.links.get("next", {}).get("url")
        if more is None:
            return items
        answer = await client.get(more)


def asked(draw: random.Random) -> str:
    """A search, as a person writes it."""
    pieces = [
        lambda: draw.choice(WORDS),
        lambda: f'"{draw.choice(WORDS)} {draw.choice(WORDS)}"',
        lambda: f"-{draw.choice(WORDS)}",
        lambda: f"{draw.choice(WORDS)[:3]}*",
        lambda: f"method:{draw.choice(('ties', 'linear'))}",
        lambda: f"base:{draw.choice(('mistral', 'llama', MODELS[3]))}",
        lambda: f"-ingredient:{draw.choice(('mistral', 'german'))}",
        lambda: f"density{draw.choice(('<', '>='))}{draw.choice(DENSITIES)}",
        lambda: f"tag:{draw.choice(('german', 'maths'))}",
        lambda: f"ingredients:{draw.choice(('2', '3', '2..3'))}",
    ]
    return " ".join(piece() for piece in draw.sample(pieces, draw.randrange(1, 4)))


async def entries_now(app: FastAPI) -> list[Entry]:
    """All recipes as the tables have them."""
    replica: Replica = app.state.catalogue
    async with replica.connection() as connection, connection.transaction():
        return [each async for rows in all_rows(connection) for each in entries_of(rows)]


async def test_answers_equal_a_look_at_each_recipe_while_recipes_change(
    app: FastAPI,
    owner: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    transaction: Transaction,
    housekeeping: Housekeeping,
) -> None:
    draw = random.Random(7)
    there = [drawn(draw, f"recipe-{number}", "public") for number in range(60)]
    async with transaction() as session:
        await add(session, *there)

    async def change(number: int) -> None:
        own = random.Random(number)
        async with transaction() as session:
            await add(session, drawn(own, f"new-{number}", own.choice(("public", "private"))))
        recipe = own.choice(there)[0].id
        async with transaction() as session:
            visibility = own.choice(("public", "private"))
            of_it = update(RecipeRow).where(RecipeRow.id == recipe)
            await session.execute(of_it.values(visibility=visibility, title=own.choice(WORDS)))
            await noted(session, recipe)

    async def ask(number: int) -> None:
        own = random.Random(-number)
        for _ in range(3):
            q = {"q": asked(own), "limit": 7}
            assert {each["visibility"] for each in await listed(stranger, ALL, **q)} <= {"public"}

    await asyncio.gather(*(change(n) for n in range(20)), *(ask(n) for n in range(8)))
    await housekeeping.keep()  # some features are kept now, the others are read from the text
    entries = await entries_now(app)
    for client, sees in ((owner, ("public", "private")), (stranger, ("public",))):
        for _ in range(25):
            q = asked(draw)
            query = query_of(q, {})
            expected = [
                each for each in entries if each.visibility in sees and matches(each, query, {})
            ]
            expected.sort(key=lambda each: (relevance(each, query), each.number), reverse=True)
            sort = "relevance" if relevance_counts(q) else "new"
            found = await listed(client, "/v1/recipes", q=q, limit=9, sort=sort)
            if sort == "new":
                expected.sort(key=lambda each: (each.created, each.number), reverse=True)
            assert [each["name"] for each in found] == [each.name for each in expected], q
            facets = (await client.get("/v1/recipes/facets", params={"q": q})).json()
            assert facets["total"] == len(expected)
            methods = Counter(each.methods[0] for each in expected)
            assert {each["value"]: each["count"] for each in facets["facets"]["method"]} == methods


def relevance_counts(q: str) -> bool:
    """Whether a search has a word that is wanted."""
    return any(
        piece[0] != "-" and ":" not in piece and "density" not in piece for piece in q.split()
    )


async def test_pages_under_inserts_are_the_full_list_of_what_was_there(
    stranger: httpx.AsyncClient, transaction: Transaction
) -> None:
    draw = random.Random(3)
    async with transaction() as session:
        await add(session, *(drawn(draw, f"recipe-{n}", "public") for n in range(40)))
    for sort in ("new", "stars", "relevance", "trending"):
        params = {"sort": sort, "limit": 4}
        before = [each["id"] for each in await listed(stranger, "/v1/recipes", **params)]
        answer = await stranger.get("/v1/recipes", params=params)
        seen: list[str] = []
        while True:
            seen += [each["id"] for each in answer.json()["items"]]
            async with transaction() as session:
                await add(session, drawn(draw, f"{sort}-{len(seen)}", "public"))
            more = answer.links.get("next", {}).get("url")
            if more is None:
                break
            answer = await stranger.get(more)
        assert len(seen) == len(set(seen))
        assert [each for each in seen if each in before] == before


async def test_a_search_shows_what_was_just_written(
    owner: httpx.AsyncClient, recipe_text: str
) -> None:
    body = {"name": "soup", "title": "Onions", "recipe": recipe_text}
    recipe = (await owner.post("/v1/recipes", json=body)).json()
    assert (await owner.get("/v1/recipes", params={"q": "onions"})).json()["total"] == 1
    at, any_tag = f"/v1/recipes/{recipe['id']}", {"If-Match": "*"}
    await owner.patch(at, json={"title": "Leeks"}, headers=any_tag)
    assert (await owner.get("/v1/recipes", params={"q": "onions"})).json()["total"] == 0
    found = (await owner.get("/v1/recipes", params={"q": "leeks"})).json()
    assert [each["title"] for each in found["items"]] == ["Leeks"]


async def test_a_domain_is_found_by_each_of_its_names_also_where_another_is_stored(
    stranger: httpx.AsyncClient, transaction: Transaction
) -> None:
    by_former, by_name = (drawn(random.Random(1), name, "public") for name in ("former", "now"))
    by_former[0].domains, by_name[0].domains = ["math", "cooking"], ["maths"]
    async with transaction() as session:
        await add(session, by_former, by_name)
    for written in ("maths", "Math", '"mathematics"'):
        found = (await stranger.get("/v1/recipes", params={"q": f"domain:{written}"})).json()
        assert {each["name"] for each in found["items"]} == {"former", "now"}
    shown = {each["name"]: each["domains"] for each in found["items"]}
    assert shown == {"former": ["maths", "cooking"], "now": ["maths"]}
    facets = (await stranger.get("/v1/recipes/facets")).json()["facets"]["domain"]
    assert {each["value"]: each["count"] for each in facets} == {"maths": 2, "cooking": 1}
    by_parameter = await stranger.get("/v1/recipes", params={"domain": "math"})
    assert by_parameter.json()["total"] == 2


@pytest.mark.parametrize("path", ["/v1/recipes", "/v1/recipes/facets"])
async def test_what_is_hidden_is_in_no_count(
    stranger: httpx.AsyncClient,
    person: Callable[..., Awaitable[httpx.AsyncClient]],
    transaction: Transaction,
    path: str,
) -> None:
    hidden = drawn(random.Random(1), "hidden", "private")
    async with transaction() as session:
        await add(session, hidden, drawn(random.Random(1), "shown", "public"))
    for client in (stranger, await person("eve")):
        answer = (await client.get(path)).json()
        assert answer["total"] == 1
        counted = answer.get("facets", {}).values()
        assert {each["count"] for values in counted for each in values} <= {1}
        named = await client.get(path, params={"name": "hidden"})
        nothing = await client.get(path, params={"name": "missing"})
        assert named.json() == nothing.json()


async def test_a_deleted_recipe_is_found_no_more(
    owner: httpx.AsyncClient, transaction: Transaction
) -> None:
    recipe, version = drawn(random.Random(1), "gone", "public")
    async with transaction() as session:
        await add(session, (recipe, version))
    assert (await owner.get("/v1/recipes")).json()["total"] == 1
    async with transaction() as session:
        await noted(session, recipe.id)
        await session.execute(delete(VersionRow).where(VersionRow.recipe_id == recipe.id))
        await session.execute(delete(RecipeRow).where(RecipeRow.id == recipe.id))
    assert (await owner.get("/v1/recipes")).json()["total"] == 0


async def test_features_are_kept_for_the_newest_version(
    transaction: Transaction, empty: None, housekeeping: Housekeeping
) -> None:
    recipe, version = drawn(random.Random(1), "kept", "public")
    async with transaction() as session:
        await add(session, (recipe, version))
    async with transaction() as session:
        await describe(session)
    canonical = json.loads(version.canonical) | {"merge_method": "linear"}
    async with transaction() as session:
        row = await session.get(FeaturesRow, recipe.id)
        assert row is not None
        assert (row.version, row.base) == (1, described(canonical).base)
        next_one = VersionRow(
            recipe_id=recipe.id, number=2, digest="2", method="linear", ingredients=[],
            source="", canonical=json.dumps(canonical),
        )  # fmt: skip
        session.add(next_one)
        await session.execute(update(RecipeRow).where(RecipeRow.id == recipe.id).values(newest=2))
    await housekeeping.keep()
    async with transaction() as session:
        row = await session.get(FeaturesRow, recipe.id)
        assert row is not None
        assert (row.version, row.methods) == (2, ["linear"])


async def test_a_change_that_is_rolled_back_is_not_logged(
    transaction: Transaction, stranger: httpx.AsyncClient
) -> None:
    recipe, version = drawn(random.Random(1), "never", "public")
    async with transaction() as session:
        await add(session, (recipe, version))
        await session.rollback()
    assert (await stranger.get("/v1/recipes")).json()["total"] == 0


async def test_a_recipe_rises_by_what_others_do(
    app: FastAPI, stranger: httpx.AsyncClient, transaction: Transaction, person: Person
) -> None:
    await person("eve")
    quiet, own, starred, ran = (drawn(random.Random(n), f"r-{n}", "public") for n in range(4))
    async with transaction() as session:
        await add(session, quiet, own, starred, ran)
        session.add(StarRow(recipe_id=starred[0].id, account="eve"))
        session.add(StarRow(recipe_id=own[0].id, account="local"))
        session.add(run_of(ran[0].id, "eve"))
    await stranger.get("/v1/recipes")
    await Trending(app.state.resources, app.state.catalogue).look()
    found = await listed(stranger, "/v1/recipes", sort="trending", limit=2)
    assert [each["name"] for each in found] == ["r-2", "r-3", "r-1", "r-0"]


async def test_the_best_uplift_of_its_models_is_that_of_a_recipe(
    app: FastAPI, stranger: httpx.AsyncClient, transaction: Transaction
) -> None:
    first, second = (drawn(random.Random(n), f"r-{n}", "public") for n in range(2))
    async with transaction() as session:
        await add(session, first, second)
        for name, visibility in (("a/One", "public"), ("a/two", "public"), ("a/no", "private")):
            run = run_of(first[0].id, "local", model_name=name, visibility=visibility)
            run.spec = {"recipe_version": str(first[1].id)}
            session.add(run)
    await stranger.get("/v1/recipes")
    follower = UpliftFollower(app.state.resources, app.state.catalogue)
    asked = {"q": "uplift>1", "sort": "uplift"}

    async def gained(**uplift: float | None) -> list[str]:
        await follower.learn({name.replace("_", "/"): each for name, each in uplift.items()})
        return [each["name"] for each in await listed(stranger, "/v1/recipes", **asked)]

    assert await gained(a_no=9.0) == []
    assert await gained(a_one=0.5, a_two=1.5) == ["r-0"]
    assert await gained(a_two=None) == []


def run_of(recipe: UUID, owner: str, **columns: Any) -> RunRow:
    """A merge of a recipe that succeeded."""
    fixed = {
        "id": uuid4(), "kind": "merge", "state": "succeeded", "hardware": "cpu",
        "timeout_seconds": 1, "spec": {}, "model_name": "m", "max_attempts": 1,
        "due_at": datetime.now(UTC), "sources": [recipe], "owner": owner,
    }  # fmt: skip
    return RunRow(**fixed | columns)
