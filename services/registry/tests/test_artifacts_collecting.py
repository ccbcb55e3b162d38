"""Retention: what goes by the rules, what stays because something needs it, and the way out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import text
from stored import FILES, Runs, put
from tries import tries

from mergehub.artifacts import ArtifactStore, open_store
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.housekeeping import Housekeeping
from mergehub.kit.settings.retention import Retention
from mergehub.kit.settings.service import ServiceSettings
from registry.artifacts.collecting import rules, service
from registry.artifacts.collecting.collector import Collector

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
MONTH = Retention(days=30, newest=0, keep=[])


@pytest.fixture
def runs(submit: Call, claim: Call, report: Call, merged: Json) -> Runs:
    return Runs(submit, claim, report, merged)


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return open_store(tmp_path)


@pytest.fixture
def collector(resources: Resources, settings: ServiceSettings, tmp_path: Path) -> Collector:
    """A collector by the rules MONTH, over the store."""
    own = settings.model_copy(update={"artifacts": tmp_path, "retention": MONTH})
    return Collector(resources.database, own)


@pytest.fixture
def execute(transaction: Any) -> Call:
    async def execute(statement: str, **values: Any) -> None:
        async with transaction() as session:
            await session.execute(text(statement), values)

    return execute


@pytest.fixture
def older(execute: Call) -> Call:
    """Let a model be so many days old."""

    async def older(run: str, days: int = 100) -> None:
        made = "UPDATE artifacts SET created_at = now() - make_interval(days => :days)"
        await execute(f"{made} WHERE run_id = :run", run=run, days=days)

    return older


@pytest.fixture
def state(owner: httpx.AsyncClient) -> Call:
    async def state(run: str) -> str:
        items = (await owner.get("/v1/artifacts", params={"run": run, "gone": True})).json()
        return str(items["items"][0]["state"])

    return state


LATER = "UPDATE artifacts SET marked_at = marked_at - interval '2 hours' WHERE state = 'leaving'"


async def test_an_old_model_is_marked_and_removed_an_hour_later(
    runs: Runs, collector: Collector, store: ArtifactStore, older: Call, state: Call, execute: Call
) -> None:
    old, young = await runs.merged(), await runs.merged()
    for run in (old, young):
        put(store, run)
    await older(old)
    await older(young, 20)
    await collector.collect()
    assert (await state(old), await state(young)) == ("leaving", "stored")
    assert store.has(UUID(old))
    await collector.collect()
    assert await state(old) == "leaving"
    await execute(LATER)
    await collector.collect()
    assert (await state(old), await state(young)) == ("gone", "stored")
    assert list(store.runs()) == [UUID(young)]


async def test_what_needs_a_model_by_then_keeps_it(
    runs: Runs,
    collector: Collector,
    store: ArtifactStore,
    older: Call,
    state: Call,
    execute: Call,
    recipe_text: str,
) -> None:
    run = await runs.merged()
    put(store, run)
    await older(run)
    await collector.collect()
    user = await runs.queued(
        recipe=recipe_text.replace("org/first", f"run:{run}"), model_name="local/user"
    )
    await execute("UPDATE artifacts SET state = 'leaving', marked_at = now() - interval '2 h'")
    await collector.collect()  # as if the mark had come after the run
    assert await state(run) == "stored"
    await runs.finish(user)
    await collector.collect()
    assert await state(run) == "stored"
    await older(str(user["id"]))
    await collector.collect()
    assert (await state(run), await state(user["id"])) == ("stored", "leaving")
    await execute("UPDATE artifacts SET state = 'gone' WHERE run_id = :id", id=user["id"])
    await collector.collect()
    assert await state(run) == "leaving"


async def test_the_merge_of_a_published_recipe_needs_its_ingredients_for_ever(
    owner: httpx.AsyncClient,
    runs: Runs,
    collector: Collector,
    older: Call,
    state: Call,
    execute: Call,
    recipe_text: str,
) -> None:
    run = await runs.merged()
    recipe = recipe_text.replace("org/first", f"run:{run}")
    wanted = {"name": "soup", "title": "s", "recipe": recipe}
    published = (await owner.post("/v1/recipes", json=wanted)).json()
    user = await runs.merged(
        recipe=None, recipe_version=published["version"]["id"], model_name="local/user"
    )
    await execute(
        "UPDATE artifacts SET state = 'gone', marked_at = now() WHERE run_id = :id", id=user
    )
    await older(run)
    await collector.collect()
    assert await state(run) == "stored"


async def test_a_verification_takes_back_a_mark_and_does_not_need_the_model(
    owner: httpx.AsyncClient, runs: Runs, execute: Call, state: Call
) -> None:
    run = await runs.merged()
    await owner.delete(f"/v1/artifacts/{run}")
    row = "INSERT INTO run_locks VALUES (:run, 'sha256:lock', '', '')"
    await execute(row, run=run)
    verify = {"kind": "verify", "run": run}
    assert (await owner.post("/v1/runs", json=verify)).status_code == 202
    assert await state(run) == "stored"
    refused = await owner.delete(f"/v1/artifacts/{run}")
    assert "(verify) is queued and uses it" in refused.json()["detail"]
    await execute("UPDATE artifacts SET state = 'gone', marked_at = now()")
    assert (await owner.post("/v1/runs", json=verify)).status_code == 202


async def test_a_collection_that_was_interrupted_is_finished(
    runs: Runs, collector: Collector, store: ArtifactStore, execute: Call, state: Call
) -> None:
    run = await runs.merged()
    put(store, run)
    await execute("UPDATE artifacts SET state = 'deleting', marked_at = now()")
    store.remove(UUID(run))  # the process ended before it noted this
    await collector.collect()
    assert await state(run) == "gone"


async def test_a_run_that_is_being_submitted_wins_over_the_collector(
    runs: Runs, transaction: Any, execute: Call, recipe_text: str, state: Call
) -> None:
    run = await runs.merged()
    await execute("UPDATE artifacts SET state = 'leaving', marked_at = now() - interval '2 h'")
    async with transaction() as submitting:
        await submitting.execute(text("SELECT FROM artifacts FOR UPDATE"))
        async with transaction() as session:
            assert await service.condemn(session) == []
    assert await state(run) == "leaving"
    async with transaction() as condemning:
        assert await service.condemn(condemning) == [UUID(run)]
        recipe = recipe_text.replace("org/first", f"run:{run}")
        late = asyncio.create_task(runs.queued(recipe=recipe, model_name="local/late"))
        done, _ = await asyncio.wait([late], timeout=0.3)
        assert not done  # it waits for the row
    with pytest.raises(AssertionError, match="model-gone"):
        await late


async def test_files_that_no_worker_reported_are_read(
    owner: httpx.AsyncClient,
    runs: Runs,
    collector: Collector,
    store: ArtifactStore,
    housekeeping: Housekeeping,
    execute: Call,
) -> None:
    run, lost = await runs.merged(files=None), await runs.merged(files=None)
    put(store, run)
    await execute("DELETE FROM artifacts")  # as a registry of the release before left it
    await housekeeping.keep()
    await collector.collect()
    told = (await owner.get(f"/v1/artifacts/{run}")).json()
    assert {each["name"]: each["size"] for each in told["files"]} == {
        name: len(content) for name, content in FILES.items()
    }
    assert (await owner.get(f"/v1/artifacts/{lost}")).json()["size"] is None
    await collector.collect()


async def test_a_dry_run_says_what_goes_and_why(
    owner: httpx.AsyncClient, person: Call, runs: Runs, older: Call, state: Call
) -> None:
    run = await runs.merged()
    await older(run)
    address = "/v1/accounts/local/retention"
    assert (await owner.get("/v1/artifacts/collection")).json()["items"] == []
    wanted = {"days": 30, "newest": 0, "keep": []}
    assert (await owner.put(address, json=wanted)).json() == wanted
    (leaving,) = (await owner.get("/v1/artifacts/collection")).json()["items"]
    assert (leaving["run"], leaving["why"]) == (
        run, "It is older than 30 days, after which it goes by local's rules.",
    )  # fmt: skip
    assert await state(run) == "stored"
    ann = await person("ann")
    assert (await ann.get("/v1/artifacts/collection")).json()["items"] == []
    refused = await ann.get("/v1/artifacts/collection", params={"account": "local"})
    assert refused.status_code == 404
    assert (await ann.put(address, json=wanted)).status_code == 403
    assert (await ann.post("/v1/artifacts/collection")).status_code == 403
    assert (await owner.post("/v1/artifacts/collection")).json() == {"marked": 1}
    assert await state(run) == "leaving"
    assert (await owner.delete(address)).json()["days"] is None
    assert (await owner.get(address)).json() == Retention().model_dump()


@dataclass(frozen=True)
class Model:
    """A model for the property: who owns it, its name, its age in days, and what it has."""

    owner: str
    name: str
    age: int
    pinned: bool
    starred: bool
    published: bool


models = st.lists(
    st.builds(
        Model,
        owner=st.sampled_from(["local", "ann"]),
        name=st.sampled_from(["soup", "Soup", "stew"]),
        age=st.integers(0, 6),
        pinned=st.booleans(),
        starred=st.booleans(),
        published=st.booleans(),
    ),
    max_size=6,
)
retentions = st.builds(
    Retention,
    days=st.one_of(st.none(), st.integers(1, 5)),
    newest=st.integers(0, 2),
    keep=st.lists(st.sampled_from(["starred", "published"]), unique=True),
)


def going(found: list[Model], hub: Retention, own: Retention) -> set[int]:
    """The models that go, by the rules as the documentation has them; `own` are ann's."""

    def lets_go(rule: Retention, place: int, model: Model) -> bool:
        alike = [
            other
            for other, each in enumerate(found)
            if (each.owner, each.name.lower()) == (model.owner, model.name.lower())
        ]
        newer = [other for other in alike if (found[other].age, -other) < (model.age, -place)]
        return (
            rule.days is not None
            and model.age >= rule.days
            and len(newer) >= rule.newest
            and not (model.starred and "starred" in rule.keep)
            and not (model.published and "published" in rule.keep)
        )

    return {
        place
        for place, model in enumerate(found)
        if not model.pinned
        and model.age >= 1
        and (lets_go(hub, place, model) or (model.owner == "ann" and lets_go(own, place, model)))
    }


ANN = "INSERT INTO accounts (handle, kind, display_name) VALUES ('ann', 'person', 'Ann')"
OWN = "INSERT INTO retentions SELECT 'ann', :days, :newest, (:keep)::jsonb->'keep'"


@tried(max_examples=tries(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(models, retentions, retentions)
async def test_the_rules_let_go_what_the_documentation_says(
    resources: Resources, empty: None, found: list[Model], hub: Retention, own: Retention
) -> None:
    async with resources.database.sessions() as session:  # nothing is committed
        await session.execute(text(ANN))
        keep = own.model_dump_json(include={"keep"})
        rule = {"days": own.days, "newest": own.newest, "keep": keep}
        await session.execute(text(OWN), rule)
        for place, model in enumerate(found):
            await _insert(session, place, model)
        rows = await rules.planned(session, hub, None, None, 100)
    assert {row.run_id.int - 1 for row in rows} == going(found, hub, own)


async def _insert(session: Any, place: int, model: Model) -> None:
    """The rows of a model that was made so many days and some seconds ago."""
    run, version = UUID(int=place + 1), UUID(int=place + 101)
    at = f"now() - make_interval(days => {model.age}, secs => {60 - place})"
    visibility = "public" if model.published else "private"
    for statement in (
        f"""INSERT INTO recipes (id, owner, name, title, description, tags, domains, newest,
            visibility, stars) VALUES (:version, :owner, 'r{place}', '', '', '{{}}', '{{}}', 1,
            '{visibility}', {int(model.starred)})""",
        """INSERT INTO recipe_versions (id, recipe_id, number, digest, method, ingredients, source,
            canonical) VALUES (:version, :version, 1, '', '', '{}', '', '{}')""",
        f"""INSERT INTO runs (id, owner, kind, state, hardware, timeout_seconds, spec, model_name,
            max_attempts, due_at) VALUES (:run, :owner, 'merge', 'succeeded', 'cpu', 1,
            jsonb_build_object('recipe_version', '{version}'), :name, 1, now())""",
        f"""INSERT INTO artifacts (run_id, owner, pinned, created_at)
            VALUES (:run, :owner, :pinned, {at})""",
    ):
        values = {"run": run, "version": version, "owner": model.owner, "name": model.name}
        used = {key: value for key, value in {**values, "pinned": model.pinned}.items()
                if f":{key}" in statement}  # fmt: skip
        await session.execute(text(statement), used)
