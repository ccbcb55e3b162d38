"""Another's private recipe changes nothing for a stranger, whatever operation the stranger tries.

The operations are those of the OpenAPI document, so that new ones are tried as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, text
from walking import Asked, Marks, requests

from mergehub.kit.background.resources import Resources

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

SECRET = """\
merge_method: linear
models:
  - model: org/hidden-first
    parameters: {weight: 0.123}
  - model: org/hidden-second
    parameters: {weight: 0.877}
"""
ABOUT = {"title": "Quokka", "description": "wombat", "tags": ["numbat"], "domains": ["bilby"]}

Answer = tuple[int, Any, str | None]


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
async def eve(person: Call) -> Client:
    return await person("eve")


@pytest.fixture
def marks(ann: Client) -> Call:
    """Publish a recipe, run it, and return what identifies it."""

    async def marks(visibility: str) -> Marks:
        body = {"name": "hidden", "visibility": visibility, "recipe": SECRET, **ABOUT}
        recipe = (await ann.post("/v1/recipes", json=body)).json()
        wanted = {"kind": "merge", "recipe_version": recipe["version"]["id"]}
        run = (await ann.post("/v1/runs", json=wanted | {"model_name": "ann/echidna"})).json()
        await ann.post(f"/v1/runs/{run['id']}/cancel")  # queues count all runs
        said = await ann.post(f"/v1/recipes/{recipe['id']}/comments", json={"text": "platypus"})
        assert said.status_code == 201, said.text
        found = "platypus", "Quokka", "wombat", "numbat", "bilby", "org/hidden-first", "ann/echidna"
        digest = recipe["version"]["digest"]
        return Marks(
            recipe["id"], recipe["version"]["id"], run["id"], "ann", "hidden", (*found, digest)
        )

    return marks


@pytest.fixture
def delete(ann: Client, resources: Resources) -> Call:
    """Delete the recipe, its run and its product, as if they had never been."""

    async def delete(marks: Marks) -> None:
        async with resources.database.transaction() as session:
            for rows in ("outbox", "runs", "products"):
                await session.execute(text(f"DELETE FROM {rows}"))
        assert (await ann.delete(f"/v1/recipes/{marks.recipe}")).status_code == 204
        assert (await ann.get("/v1/recipes")).json()["items"] == []

    return delete


@pytest.fixture
def statements(resources: Resources) -> Callable[[], Any]:
    """The statements that the database gets in a block.

    But for those that ask whose token it is, which the registry forgets after half a minute.
    """
    engine = resources.database.engine.sync_engine

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if "tokens.hash =" not in statement:
                seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        yield seen
        event.remove(engine, "before_cursor_execute", note)

    return counting


def plain(answer: httpx.Response) -> Answer:
    """An answer without the place in the log of changes that it was given at."""
    is_json = "json" in answer.headers.get("content-type", "").replace("ndjson", "")
    content = _timeless(answer.json()) if is_json else answer.text
    return answer.status_code, content, answer.headers.get("location")


def _timeless(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _timeless(each) for key, each in content.items() if key != "as_of"}
    return [_timeless(each) for each in content] if isinstance(content, list) else content


async def test_a_private_recipe_changes_no_answer_for_a_stranger(
    app: FastAPI, marks: Call, delete: Call, eve: Client, stranger: Client,
    statements: Callable[[], Any],
) -> None:  # fmt: skip
    secret = await marks("private")
    walk = [(who, each) for each in requests(app.openapi(), secret) for who in (eve, stranger)]
    for who in (eve, stranger):
        await who.get("/v1/recipes")  # the registry knows the token from now on

    async def walked() -> list[tuple[Answer, int]]:
        answers = []
        for who, asked in walk:
            with statements() as seen:
                answers.append((plain(await asked.send(who)), len(seen)))
        return answers

    there = await walked()
    await delete(secret)
    gone = await walked()
    for (_, asked), (now, work), (then, other_work) in zip(walk, there, gone, strict=True):
        assert now[0] < 500, (asked, now)
        assert now == then, asked
        if now[0] >= 400:
            assert work == other_work, ("it takes another number of queries", asked)
        told = [each for each in secret.all if each not in asked.text and each in str(now)]
        assert told == [], asked


async def test_an_unlisted_recipe_changes_no_answer_for_who_has_neither_its_id_nor_its_name(
    app: FastAPI, marks: Call, delete: Call, eve: Client
) -> None:
    hidden = await marks("unlisted")
    walk = [each for each in requests(app.openapi(), hidden) if not each.names_it]
    there = [plain(await asked.send(eve)) for asked in walk if asked.method == "GET"]
    await delete(hidden)
    gone = [plain(await asked.send(eve)) for asked in walk if asked.method == "GET"]
    assert there == gone


async def test_the_same_requests_show_a_public_recipe(
    app: FastAPI, marks: Call, eve: Client
) -> None:
    """What the two tests above ask would lead to the recipe if the stranger might see it."""
    document = app.openapi()
    shown = await marks("public")
    assert (await eve.put(f"/v1/recipes/{shown.recipe}/star")).is_success
    walk = [each for each in requests(document, shown) if each.path.startswith("/v1/recipes")]
    reading = [each for each in walk if each.method == "GET"]
    found = {each.operation for each in reading if await _leads_there(each, eve, shown)}
    expected = {
        operation["operationId"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method == "get" and path.startswith("/v1/recipes")
    }
    assert expected - found == set(), "give `walking` values for the parameters of these"


async def _leads_there(asked: Asked, client: Client, marks: Marks) -> bool:
    """Whether the answer is about the recipe, or shows something of it that was not asked for."""
    answer = await asked.send(client)
    if not answer.is_success:
        return False
    learned = any(each not in asked.text and each in answer.text for each in marks.words)
    return learned or marks.recipe in asked.text + answer.text
