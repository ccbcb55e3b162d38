"""Who sees which recipe, by every way to it, compared with a plain model of the rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from tries import tries

from registry.changes import noted
from registry.recipes.models import RecipeRow

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}
OWNERS = ("ann", "lab")
MEMBERS = {"ann": {"ann", "admin"}, "lab": {"ann", "bob", "admin"}, "eve": {"eve", "admin"}}
WRITERS = {"ann": {"ann"}, "lab": {"ann"}, "eve": {"eve"}}
VISIBILITIES = st.sampled_from(["public", "unlisted", "private"])
WHICH = st.integers(0, 3)

STEPS = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from(OWNERS), VISIBILITIES),
    st.tuples(st.just("show"), WHICH, VISIBILITIES),
    st.tuples(st.just("archive"), WHICH, st.booleans()),
    st.tuples(st.just("rename"), WHICH, st.none()),
    st.tuples(st.just("fork"), WHICH, st.sampled_from(["ann", "eve"])),
    st.tuples(st.just("run"), WHICH, st.sampled_from(["ann", "eve"])),
    st.tuples(st.just("delete"), WHICH, st.none()),
)


@dataclass
class Made:
    """A run: its account, whether it is private, and what it came from."""

    id: str
    owner: str
    private: bool
    recipe: Expected

    def seen_by(self, who: str) -> bool:
        return not self.private or who in MEMBERS[self.owner]


@dataclass
class Expected:
    """A recipe as it should be."""

    id: str
    version: str
    owner: str
    name: str
    visibility: str
    origin: Expected | None = None
    archived: bool = False
    former: list[str] = field(default_factory=list)
    deleted: bool = False

    def read_by(self, who: str) -> bool:
        open_to_all = self.visibility in ("public", "unlisted")
        return not self.deleted and (open_to_all or who in MEMBERS[self.owner])

    def listed_to(self, who: str) -> bool:
        public = self.visibility == "public"
        return not self.deleted and (public or who in MEMBERS[self.owner])


class World:
    """The recipes and runs that the steps make, over HTTP and in the model."""

    def __init__(self, clients: dict[str, Client], source: str) -> None:
        self.clients, self._source = clients, source
        self.recipes: list[Expected] = []
        self.runs: list[Made] = []

    async def do(self, step: tuple[str, Any, Any]) -> None:
        name, what, how = step
        if name == "publish":
            await self._publish(what, how)
        elif alive := [each for each in self.recipes if not each.deleted]:
            await getattr(self, f"_{name}")(alive[what % len(alive)], how)

    async def _publish(self, owner: str, visibility: str) -> None:
        body = {"owner": owner, "visibility": visibility, "recipe": self._source}
        answer = await self.clients["ann"].post("/v1/recipes", json=body | {"name": _name()})
        self._keep(answer)

    def _keep(self, answer: httpx.Response, origin: Expected | None = None) -> None:
        assert answer.status_code == 201, answer.text
        told = answer.json()
        facts = (told["id"], told["version"]["id"], told["owner"], told["name"])
        self.recipes.append(Expected(*facts, told["visibility"], origin))

    async def _change(self, recipe: Expected, **fields: Any) -> None:
        (writer,) = WRITERS[recipe.owner]
        path = f"/v1/recipes/{recipe.id}"
        answer = await self.clients[writer].patch(path, json=fields, headers=ANY)
        assert answer.status_code == 200, answer.text

    async def _show(self, recipe: Expected, visibility: str) -> None:
        await self._change(recipe, visibility=visibility)
        recipe.visibility = visibility
        for run in self.runs:
            if run.recipe is recipe and run.owner == recipe.owner:
                run.private = visibility != "public"

    async def _archive(self, recipe: Expected, archived: bool) -> None:
        await self._change(recipe, archived=archived)
        recipe.archived = archived

    async def _rename(self, recipe: Expected, _: None) -> None:
        recipe.former.append(recipe.name)
        recipe.name = _name()
        await self._change(recipe, name=recipe.name)

    async def _fork(self, recipe: Expected, who: str) -> None:
        answer = await self.clients[who].post(
            f"/v1/recipes/{recipe.id}/fork", json={"name": _name()}
        )
        if recipe.read_by(who):
            self._keep(answer, recipe)
        else:
            assert answer.status_code == 404

    async def _run(self, recipe: Expected, who: str) -> None:
        body = {"kind": "merge", "recipe_version": recipe.version, "model_name": "m"}
        answer = await self.clients[who].post("/v1/runs", json=body)
        if not recipe.read_by(who):
            assert answer.status_code == 422
            return
        private, mine = recipe.visibility != "public", who in WRITERS[recipe.owner]
        owner = recipe.owner if private and mine else who
        self.runs.append(Made(answer.json()["id"], owner, private, recipe))

    async def _delete(self, recipe: Expected, _: None) -> None:
        (writer,) = WRITERS[recipe.owner]
        runs = any(each.recipe is recipe and each.seen_by(writer) for each in self.runs)
        forks = any(each.origin is recipe and each.listed_to(writer) for each in self.recipes)
        answer = await self.clients[writer].delete(f"/v1/recipes/{recipe.id}")
        assert answer.status_code == (409 if runs or forks else 204), answer.text
        recipe.deleted = answer.status_code == 204

    async def check(self, who: str) -> None:
        """Compare what one caller gets by every way with what the model says."""
        client = self.clients[who]
        for archived in (False, True):
            expected = [
                each for each in self.recipes if each.listed_to(who) and each.archived == archived
            ]
            listed = await _items(client, "/v1/recipes", archived="yes" if archived else "no")
            assert [each["id"] for each in listed] == [each.id for each in reversed(expected)]
            assert [each["forked_from"] and each["forked_from"]["recipe"] for each in listed] == [
                _origin_to(each, who) for each in reversed(expected)
            ]
        runs = [each.id for each in reversed(self.runs) if each.seen_by(who)]
        assert [each["id"] for each in await _items(client, "/v1/runs")] == runs
        for run in self.runs:
            answer = await client.get(f"/v1/runs/{run.id}")
            assert answer.status_code == (200 if run.seen_by(who) else 404)
        for recipe in self.recipes:
            await self._check_one(client, recipe, who)

    async def _check_one(self, client: Client, recipe: Expected, who: str) -> None:
        at, readable = f"/v1/recipes/{recipe.id}", recipe.read_by(who)
        named = f"/v1/recipes/named/{recipe.owner}"
        found = 200 if readable else 404
        ways = ("", "/versions", "/versions/1", "/versions/1/source", "/versions/1/twins", "/forks")
        for path in (*(f"{at}{each}" for each in ways), f"{named}/{recipe.name}"):
            assert (await client.get(path)).status_code == found, (who, path)
        for former in recipe.former:
            moved = await client.get(f"{named}/{former}")
            assert moved.status_code == (308 if readable else 404)
            assert moved.headers.get("location") == (f"{named}/{recipe.name}" if readable else None)
        if not readable:
            return
        shown = [each for each in self.recipes if each.listed_to(who) and not each.archived]
        forks = [each.id for each in reversed(shown) if each.origin is recipe]
        assert [each["id"] for each in await _items(client, f"{at}/forks")] == forks
        twins = [each.id for each in shown if each is not recipe]
        listed = await _items(client, f"{at}/versions/1/twins")
        assert [each["recipe"] for each in listed] == twins
        told = (await client.get(at)).json()
        assert (told["forked_from"] or {}).get("recipe") == _origin_to(recipe, who)
        assert told["forks"] == len(
            [e for e in self.recipes if e.origin is recipe and e.listed_to("nobody")
             and not e.archived]
        )  # fmt: skip


def _origin_to(recipe: Expected, who: str) -> str | None:
    origin = recipe.origin
    return origin.id if origin is not None and origin.listed_to(who) else None


def _name() -> str:
    return f"n{uuid4().hex[:12]}"


async def _items(client: Client, path: str, **asked: Any) -> list[Json]:
    answer = await client.get(path, params={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


@pytest.fixture
async def clients(person: Call, owner: Client, stranger: Client) -> dict[str, Client]:
    """Ann owns the lab, of which Bob is a reader; Eve belongs to nothing."""
    found = {"admin": owner, "nobody": stranger}
    for handle in ("ann", "bob", "eve"):
        found[handle] = await person(handle)
    await found["ann"].post("/v1/accounts", json={"handle": "lab"})
    member = "/v1/accounts/lab/members/bob"
    assert (await found["ann"].put(member, json={"role": "reader"}, headers=ANY)).is_success
    return found


EMPTY = ("outbox", "runs", "products", "recipe_versions", "recipes", "quotas")


@pytest.mark.hypothesis
@settings(
    deadline=None,
    max_examples=tries(3),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=12), first=VISIBILITIES)
async def test_every_way_to_a_recipe_shows_it_to_those_who_may_see_it(
    clients: dict[str, Client], recipe_text: str, transaction: Callable[[], Any],
    first: str, steps: list[tuple[str, Any, Any]],
) -> None:  # fmt: skip
    async with transaction() as session:
        await noted(session, *await session.scalars(select(RecipeRow.id)))
        for table in EMPTY:
            await session.execute(text(f"DELETE FROM {table}"))
    world = World(clients, recipe_text)
    for step in [("publish", "lab", first), *steps]:
        await world.do(step)
    for who in clients:
        await world.check(who)
