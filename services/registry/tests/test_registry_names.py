"""The owner of a model's name, and the model that a name means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from migrating import to
from sqlalchemy import text

from mergehub.kit.database.database import Database
from registry.accounts import service as accounts

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}
RECIPE = "merge_method: linear\nmodels: [{model: org/a, parameters: {weight: 1}}]\n"


def of(*names: str) -> str:
    models = ", ".join(f"{{model: '{name}', parameters: {{weight: 1}}}}" for name in names)
    return f"merge_method: linear\nmodels: [{models}]\n"


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
async def bob(person: Call) -> Client:
    return await person("bob")


@pytest.fixture
async def lab(ann: Client) -> str:
    """An organisation of Ann's."""
    assert (await ann.post("/v1/accounts", json={"handle": "lab"})).status_code == 201
    return "lab"


async def ask(client: Client, name: str, recipe: str = RECIPE, **fields: Any) -> httpx.Response:
    body = {"kind": "merge", "recipe": recipe, "model_name": name, **fields}
    return await client.post("/v1/runs", json=body)


@pytest.fixture
def made(claim: Call, report: Call) -> Call:
    """The run of a model that was merged under a name."""

    async def made(client: Client, name: str, recipe: str = RECIPE, **fields: Any) -> Json:
        answer = await ask(client, name, recipe, **fields)
        assert answer.status_code == 202, answer.text
        assert (await report(await claim(answer.json()))).status_code == 200
        return answer.json()

    return made


def called(answer: httpx.Response) -> tuple[str, str]:
    """The name of a submitted run's model, and the owner of the run."""
    assert answer.status_code == 202, answer.text
    return answer.json()["spec"]["model_name"], answer.json()["owner"]


def refused(answer: httpx.Response) -> tuple[str, str]:
    """The detail of a refusal, and the name that it suggests."""
    assert (answer.status_code, answer.json()["code"]) == (422, "run-invalid"), answer.text
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/model_name", "foreign-name")
    return fault["detail"], fault["suggestion"]


@pytest.mark.parametrize("name", ["ann/soup", "Ann/Soup", "ANN/anything", "lab/soup", "Lab/x"])
async def test_nobody_calls_a_model_by_a_name_of_another_account(
    bob: Client, lab: str, name: str
) -> None:
    space, _, plain = name.partition("/")
    detail, right = refused(await ask(bob, name))
    assert f"only {space.lower()} may use names" in detail
    assert right == f"bob/{plain}"


async def test_administrators_neither(owner: Client, ann: Client, lab: str) -> None:
    for name in ("ann/soup", "Lab/soup"):
        assert refused(await ask(owner, name))[1] == "local/soup"


async def test_nobody_takes_a_namespace_that_is_no_account(bob: Client) -> None:
    detail, right = refused(await ask(bob, "google/soup"))
    assert ("google is not your account" in detail, right) == (True, "bob/soup")


async def test_administrators_use_namespaces_that_are_nobodys_and_bare_names(
    owner: Client,
) -> None:
    for name in ("me/soup", "soup", "local/soup"):
        answer = await ask(owner, name)
        assert called(answer) == (name, "local")
        assert not any("called" in note for note in answer.json()["notes"])


async def test_a_bare_name_is_taken_in_ones_own_namespace_which_the_answer_says(
    bob: Client,
) -> None:
    answer = await ask(bob, "soup")
    assert called(answer) == ("bob/soup", "bob")
    assert answer.json()["notes"][0] == "The model's name is bob/soup."


async def test_a_name_of_ones_organisation_makes_the_run_its_own(
    ann: Client, bob: Client, lab: str
) -> None:
    assert called(await ask(ann, "lab/soup")) == ("lab/soup", "lab")
    for role, status in (("reader", 422), ("writer", 202)):
        await ann.put("/v1/accounts/lab/members/bob", json={"role": role}, headers=ANY)
        assert (await ask(bob, "lab/stew")).status_code == status


async def test_what_is_made_of_something_private_is_called_by_its_owners_name(
    ann: Client, lab: str
) -> None:
    recipe = {"name": "secret", "owner": "lab", "visibility": "private", "recipe": RECIPE}
    version = (await ann.post("/v1/recipes", json=recipe)).json()["version"]["id"]
    fields = {"recipe": None, "recipe_version": version}
    for name in ("soup", "lab/soup"):
        assert called(await ask(ann, name, **fields)) == ("lab/soup", "lab")
    detail, right = refused(await ask(ann, "ann/soup", **fields))
    assert ("is private to lab" in detail, right) == (True, "lab/soup")


async def test_the_first_spelling_of_a_name_stays(
    owner: Client, ann: Client, stranger: Client
) -> None:
    assert called(await ask(owner, "me/Soup"))[0] == "me/Soup"
    again = await ask(owner, "ME/soup")
    assert called(again)[0] == "me/Soup"
    assert again.json()["notes"][0] == "The model's name is me/Soup."
    assert called(await ask(ann, "ANN/Stew"))[0] == "ann/Stew"
    assert called(await ask(ann, "stew"))[0] == "ann/Stew"
    listed = (await stranger.get("/v1/runs", params={"model": "Me/sOUP"})).json()["items"]
    assert {each["model_name"] for each in listed} == {"me/Soup"}


async def test_many_spellings_at_once_are_one_name(owner: Client) -> None:
    names = [f"me/{''.join(c.upper() if n >> i & 1 else c for i, c in enumerate('soup'))}"
             for n in range(16)]  # fmt: skip
    answers = await asyncio.gather(*(ask(owner, name) for name in names))
    assert len({called(answer)[0] for answer in answers}) == 1


async def test_whether_another_has_a_private_model_is_not_told(
    ann: Client, bob: Client, made: Call
) -> None:
    recipe = {"name": "secret", "visibility": "private", "recipe": RECIPE}
    version = (await ann.post("/v1/recipes", json=recipe)).json()["version"]["id"]
    await made(ann, "soup", None, recipe_version=version)
    there, not_there = [await ask(bob, name) for name in ("ann/soup", "ann/none")]
    assert there.text.replace("soup", "none") == not_there.text
    taken = [await ask(bob, "x", of(name)) for name in ("ann/soup", "ann/none")]
    assert [each.json()["products"] for each in taken] == [{}, {}]
    assert (await bob.get("/v1/runs?model=ann/soup")).json()["items"] == []


async def test_a_handle_under_which_others_have_models_is_not_given_away(
    owner: Client, bob: Client, transaction: Any
) -> None:
    await ask(owner, "Kim/soup")
    taken = await bob.post("/v1/accounts", json={"handle": "kim"})
    assert (taken.status_code, taken.json()["code"]) == (409, "handle-taken")
    assert "models are named `kim/…`" in taken.json()["detail"]
    async with transaction() as session:
        row = {"kind": "person", "display_name": "Kim"}
        assert await accounts.add(session, handle="kim", **row) is None
        assert await accounts.add(session, handle="kim-2", **row) is not None


async def test_administrators_do_not_take_each_others_names(owner: Client, person: Call) -> None:
    root = await person("root", "admin")
    await ask(owner, "me/soup")
    detail, right = refused(await ask(root, "Me/Soup"))
    assert ("me/soup is a model of local" in detail, right) == (True, "root/Soup")


WAYS = {
    "model": "models: [{model: '@'}]",
    "adapter": "models: [{model: 'org/a+@'}]",
    "base": "models: [{model: org/a}]\nbase_model: '@'",
    "slice": "slices: [{sources: [{model: '@', layer_range: [0, 1]}]}]",
    "slice base": (
        "slices: [{base_model: '@', sources: [{model: org/a, layer_range: [0, 1]}, "
        "{model: '@', layer_range: [0, 1]}]}]"
    ),
    "module": "modules: {x: {models: [{model: '@'}]}}",
    "tokenizer_source": "models: [{model: org/a}]\ntokenizer_source: '@'",
    "tokenizer_source, as early recipes have it": (
        "models: [{model: org/a}]\ntokenizer_source: 'model:@'"
    ),
    "tokenizer.source": "models: [{model: org/a}]\ntokenizer: {source: '@'}",
    "token": "models: [{model: org/a}]\ntokenizer: {tokens: {x: {source: '@'}}}",
    "token of a model": (
        "models: [{model: org/a}]\ntokenizer: {tokens: {x: {source: "
        "{kind: model_token, model: '@', token: y}}}}"
    ),
    "adapter of a mapping": "models: [{model: {model: {path: org/a}, lora: {path: '@'}}}]",
}


def by(way: str, name: str) -> str:
    method = "dare_ties" if "base" in way else "passthrough" if "slice" in way else "linear"
    parameters = "" if "slice" in way else "parameters: {weight: 1, density: 1}\n"
    if method == "linear":
        parameters = "parameters: {weight: 1}\n"
    return f"merge_method: {method}\n{parameters}{WAYS[way].replace('@', name)}\n"


async def _or_not_built(answer: httpx.Response) -> None:
    """The language has places that are not built yet: then the recipe itself is refused."""
    if answer.json()["code"] == "recipe-invalid":
        assert any("not built" in each["detail"] for each in answer.json()["errors"]), answer.text


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", ["run:{}", "ann/soup", "Ann/SOUP"])
async def test_a_private_model_goes_into_nothing_public_by_whatever_way(
    ann: Client, bob: Client, made: Call, way: str, form: str
) -> None:
    recipe = {"name": "secret", "visibility": "private", "recipe": RECIPE}
    version = (await ann.post("/v1/recipes", json=recipe)).json()["version"]["id"]
    secret = await made(ann, "soup", None, recipe_version=version)
    name = form.format(secret["id"])

    hers = await ask(ann, "stew", by(way, name))
    his = await ask(bob, "stew", by(way, name))

    if hers.json().get("code") == "recipe-invalid":
        await _or_not_built(hers)
        return
    assert called(hers) == ("ann/stew", "ann")
    assert hers.json()["visibility"] == "private"
    assert hers.json()["products"] == {name: secret["id"]}
    if form.startswith("run:"):
        assert his.json()["errors"][0]["code"] == "unknown-run"
    else:  # for bob it is not a product, but a worker's folder or a Hugging Face id
        assert (his.json()["products"], his.json()["visibility"]) == ({}, "public")


@pytest.mark.parametrize("wanted", ["me/suop", "Me/Soups"])
async def test_a_name_that_nearly_is_a_products_is_noted(
    owner: Client, bob: Client, made: Call, wanted: str
) -> None:
    await made(owner, "me/soup")
    notes = (await ask(bob, "stew", by("model", wanted))).json()["notes"]
    assert any(f"{wanted.lower()} is not a model of this hub" in each for each in notes)
    assert any("did you mean me/soup?" in each for each in notes)
    evaluation = {"kind": "evaluate", "model": wanted, "benchmarks": ["arc"]}
    noted = (await bob.post("/v1/runs", json=evaluation)).json()["notes"]
    assert any("did you mean me/soup?" in each for each in noted)


async def test_a_private_product_is_suggested_to_its_owner_alone(
    ann: Client, bob: Client, made: Call
) -> None:
    recipe = {"name": "secret", "visibility": "private", "recipe": RECIPE}
    version = (await ann.post("/v1/recipes", json=recipe)).json()["version"]["id"]
    await made(ann, "soup", None, recipe_version=version)
    suggestion = "did you mean ann/soup?"
    hers, his = [
        (await ask(client, "stew", by("model", "ann/soups"))).json()["notes"]
        for client in (ann, bob)
    ]
    assert any(suggestion in each for each in hers)
    assert not any(suggestion in each for each in his)


@pytest.mark.parametrize("way", WAYS)
async def test_a_product_is_taken_by_its_name_wherever_a_model_is_named(
    owner: Client, bob: Client, made: Call, way: str
) -> None:
    await made(owner, "me/soup")
    newest = await made(owner, "me/soup")
    answer = await ask(bob, "stew", by(way, "Me/Soup"))
    if answer.json().get("code") == "recipe-invalid":
        await _or_not_built(answer)
        return
    assert answer.json()["products"] == {"Me/Soup": newest["id"]}
    assert answer.json()["spec"]["recipe"] == by(way, "Me/Soup")
    assert f"Me/Soup is the model of run {newest['id']}." in answer.json()["notes"]


async def test_a_recipe_that_is_published_takes_the_newest_when_it_is_run(
    owner: Client, made: Call, claim: Call
) -> None:
    recipe = {"name": "stew", "recipe": of("me/soup", "org/b")}
    version = (await owner.post("/v1/recipes", json=recipe)).json()["version"]
    assert version["digest"]
    before = await ask(owner, "me/stew", None, recipe_version=version["id"])
    soup = await made(owner, "me/soup")
    after = await ask(owner, "me/stew", None, recipe_version=version["id"])
    newer = await made(owner, "me/soup")
    assert [each.json()["products"] for each in (before, after)] == [{}, {"me/soup": soup["id"]}]
    assert (await claim(after.json()))["products"] == {"me/soup": soup["id"]}
    assert newer["id"] != soup["id"]
    assert before.json()["spec"]["recipe_digest"] == after.json()["spec"]["recipe_digest"]


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("me/soup", "me/soup"),
        ("ME/SOUP", "me/soup"),
        ("org/base+me/soup", "org/base+me/soup"),
        ("Me/Soup+org/lora@v1", "me/soup+org/lora@v1"),
        ("me/soup@main", "me/soup@main"),
        ("./me/soup", "./me/soup"),
    ],
)
async def test_a_product_is_evaluated_by_its_name(
    owner: Client, made: Call, model: str, told: str
) -> None:
    soup = await made(owner, "me/soup")
    body = {"kind": "evaluate", "model": model, "benchmarks": ["x"]}
    run = (await owner.post("/v1/runs", json=body)).json()
    is_product = not model.startswith(".") and not model.endswith("main")
    assert list(run["products"].values()) == ([soup["id"]] if is_product else [])
    assert (run["spec"]["model"], run["spec"]["model_name"]) == (model, told)


async def test_parents_are_told_by_the_names_of_products(
    owner: Client, made: Call, claim: Call, report: Call, events: Call, merged: Json
) -> None:
    await made(owner, "me/Soup")
    stew = (await ask(owner, "me/stew", of("ME/soup+lora", "org/b"))).json()
    base = {"name": "ME/soup", "relation": "adapter", "role": "base"}
    parents = [{"name": "ME/soup+lora", "base": base}, {"name": "org/b"}]
    await report(await claim(stew), result=merged | {"parents": parents})
    told = (await events("model.produced"))[-1]
    assert [each["name"] for each in told["parents"]] == ["me/Soup+lora", "org/b"]
    assert told["parents"][0]["base"]["name"] == "me/Soup"


async def test_a_product_that_is_being_made_is_waited_for(owner: Client) -> None:
    coming = (await ask(owner, "me/soup")).json()
    answer = await ask(owner, "me/stew", of("me/soup"))
    assert (answer.status_code, answer.json()["code"]) == (409, "run-not-succeeded")
    assert f"me/soup (run {coming['id']}) is queued" in answer.json()["detail"]
    await owner.post(f"/v1/runs/{coming['id']}/cancel")
    assert (await ask(owner, "me/stew", of("me/soup"))).json()["products"] == {}


async def test_a_retry_does_not_take_what_has_become_private_meanwhile(
    ann: Client, bob: Client, made: Call
) -> None:
    recipe = (await ann.post("/v1/recipes", json={"name": "open", "recipe": RECIPE})).json()
    soup = await made(ann, "soup", None, recipe_version=recipe["version"]["id"])
    mine, hers = [(await ask(c, "stew", of("ann/soup"))).json() for c in (bob, ann)]
    assert mine["products"] == {"ann/soup": soup["id"]}
    for client, run in ((bob, mine), (ann, hers)):
        await client.post(f"/v1/runs/{run['id']}/cancel")
    await ann.patch(f"/v1/recipes/{recipe['id']}", json={"visibility": "private"}, headers=ANY)
    refusal = await bob.post(f"/v1/runs/{mine['id']}/retry")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "source-private")
    again = await ann.post(f"/v1/runs/{hers['id']}/retry")
    assert (again.status_code, again.json()["visibility"]) == (200, "private")


async def test_names_from_before_they_were_anybodys_are_put_in_order(
    database_of: Callable[[str], Awaitable[str]],
) -> None:
    database = Database(await database_of("named"), "registry")
    runs = [("eve", "ann/soup"), ("ann", "Ann/Soup"), ("local", "me/stew"), ("local", "ME/Stew")]
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA registry"))
        await connection.run_sync(to("0009"))
        for handle in ("ann", "eve"):
            values = f"('{handle}', 'person', '{handle}')"
            await connection.execute(
                text(f"INSERT INTO accounts (handle, kind, display_name) VALUES {values}")
            )
        for minute, (owner, name) in enumerate(runs):
            await connection.execute(
                text(
                    "INSERT INTO runs (id, owner, kind, state, hardware, timeout_seconds, spec,"
                    " max_attempts, due_at, created_at) VALUES (gen_random_uuid(), :owner, 'merge',"
                    " 'failed', 'cpu', 1, jsonb_build_object('model_name', cast(:name AS text),"
                    " 'recipe', (SELECT string_agg('run:' || id, ' ') FROM runs)), 1, now(),"
                    " now() + make_interval(mins => :minute))"
                ),
                {"owner": owner, "name": name, "minute": minute},
            )
        await connection.run_sync(to("head"))
        products = await connection.execute(text("SELECT name, owner FROM products ORDER BY 1"))
        assert [tuple(row) for row in products] == [("ann/soup", "ann"), ("me/stew", "local")]
        kept = "SELECT model_name, spec ->> 'model_name', owner FROM runs ORDER BY created_at"
        assert [tuple(row) for row in await connection.execute(text(kept))] == [
            ("ann/soup", "ann/soup", "eve"), ("ann/soup", "ann/soup", "ann"),
            ("me/stew", "me/stew", "local"), ("me/stew", "me/stew", "local"),
        ]  # fmt: skip
        count = "(SELECT count(*) FROM jsonb_object_keys(products))"
        granted = f"SELECT {count} FROM runs ORDER BY created_at"
        assert list(await connection.scalars(text(granted))) == [0, 1, 2, 3]
        await connection.run_sync(to("0007", down=True))
        assert await connection.scalar(text("SELECT count(*) FROM runs")) == 4
    await database.close()


async def test_every_token_of_local_names_models_as_the_hubs_owner_does(owner: Client) -> None:
    wanted = {"name": "ci", "scopes": ["runs:submit"]}
    token = (await owner.post("/v1/tokens", json=wanted)).json()["token"]
    for name in ("me/ci", "ci"):
        body = {"kind": "merge", "recipe": RECIPE, "model_name": name}
        headers = {"Authorization": f"Bearer {token}"}
        answer = await owner.post("/v1/runs", json=body, headers=headers)
        assert called(answer) == (name, "local")


async def test_a_bare_name_that_is_only_being_made_leaves_the_folder_of_that_name(
    owner: Client,
) -> None:
    await ask(owner, "zed")
    answer = await ask(owner, "stew", "merge_method: linear\nmodels: [{model: zed}]\n")
    assert (answer.status_code, answer.json()["products"]) == (202, {})


async def test_a_model_with_the_name_of_its_ingredient_is_said_to_lack_that_parent(
    owner: Client,
) -> None:
    answer = await ask(owner, "A", "merge_method: linear\nmodels: [{model: a}, {model: b}]\n")
    assert (
        "A is also the name of an ingredient; lineage omits that parent." in answer.json()["notes"]
    )
