"""Locks of merges, verifications of them, and what a recipe shows of both."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from callers import MERGED
from sqlalchemy import text

from mergehub.recipe import Lock
from mergehub.recipe.lock import lock_digest

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}
LOCK: Json = {
    "version": 1,
    "recipe": f"sha256:{'1' * 64}",
    "engine": "5",
    "seed": 0,
    "ingredients": [
        {"ref": "org/first", "kind": "hub", "revision": "c0ffee",
         "files": {"model.safetensors": {"sha256": "2" * 64, "size": 8}}},
    ],
}  # fmt: skip
LOCK_DIGEST = lock_digest(Lock.model_validate(LOCK))
MACHINE = {"system": "Linux", "architecture": "x86_64", "processor": "Epyc", "threads": 2}


def tensors(*digits: str) -> Json:
    """A manifest whose tensors `a`, `b` … have digests of these digits."""
    return {
        name: {"dtype": "BF16", "shape": [2, 2], "sha256": digit * 64}
        for name, digit in zip("abc", digits, strict=False)
    }


def digest_of(manifest: Json) -> str:
    """The output digest, from its definition."""
    lines = "".join(f"{manifest[name]['sha256']}\n" for name in sorted(manifest))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


MADE = tensors("3", "4")
MERGE: Json = MERGED | {
    "output_digest": digest_of(MADE), "lock_digest": LOCK_DIGEST, "lock": LOCK, "manifest": MADE,
    "engine_version": "5", "versions": {"numpy": "2.3.0"}, "machine": MACHINE, "device": "cpu",
    "companions": {"config.json": "5" * 64, "tokenizer.json": "6" * 64},
}  # fmt: skip


def verified(again: Json = MADE, **more: Any) -> Json:
    """The result of a verification that made these tensors."""
    unequal = [name for name in MADE if MADE[name] != again[name]]
    differences = [
        {"name": name, "made": MADE[name], "again": again[name], "elements": 1, "largest": 0.5}
        for name in unequal
    ]
    return {
        "kind": "verify", "output_digest": digest_of(again), "same": not unequal,
        "method": "linear", "tensors": 2, "compared_bytes": 16, "differing": len(unequal),
        "differences": differences, "engine_version": "5", "versions": {"numpy": "2.4.0"},
        "machine": MACHINE, "device": "cpu", "seconds": 1.5,
        "unlike": [{"what": "numpy", "made": "2.3.0", "again": "2.4.0"}], **more,
    }  # fmt: skip


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
async def bob(person: Call) -> Client:
    return await person("bob")


@pytest.fixture
def publish(ann: Client, recipe_text: str) -> Call:
    async def publish(**fields: Any) -> Json:
        answer = await ann.post("/v1/recipes", json={"name": "r", "recipe": recipe_text} | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return publish


@pytest.fixture
def merge(ann: Client, claim: Call, report: Call) -> Call:
    """A merge of a recipe's newest version that succeeded."""

    async def merge(recipe: Json, by: Client = ann, **result: Any) -> Json:
        wanted = {"recipe_version": recipe["version"]["id"], "model_name": "soup"}
        answer = await by.post("/v1/runs", json={"kind": "merge", **wanted})
        assert answer.status_code == 202, answer.text
        told = await report(await claim(answer.json()), result=MERGE | result)
        assert told.status_code == 200, told.text
        return told.json()

    return merge


@pytest.fixture
def verify(claim: Call, report: Call) -> Call:
    """A verification by someone, with its outcome."""

    async def verify(by: Client, run: Json, again: Json = MADE, **more: Any) -> Json:
        answer = await by.post("/v1/runs", json={"kind": "verify", "run": run["id"]})
        assert answer.status_code == 202, answer.text
        told = await report(await claim(answer.json()), result=verified(again, **more))
        assert told.status_code == 200, told.text
        return told.json()

    return verify


async def reproductions(by: Client, recipe: Json, **query: Any) -> Json:
    answer = await by.get(f"/v1/recipes/{recipe['id']}/reproductions", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def counter(by: Client, recipe: Json) -> int:
    return (await by.get(f"/v1/recipes/{recipe['id']}")).json()["reproductions"]


@pytest.mark.parametrize(
    ("again", "named"),
    [
        ({"config.json": "5" * 64, "tokenizer.json": "6" * 64}, {}),
        (
            {"config.json": "7" * 64, "vocab.json": "6" * 64},
            {
                "config.json": ("5" * 64, "7" * 64),
                "tokenizer.json": ("6" * 64, None),
                "vocab.json": (None, "6" * 64),
            },
        ),
        ({}, None),  # of an older worker
    ],
)
async def test_files_beside_the_weights_that_differ_are_named(
    bob: Client, publish: Call, merge: Call, verify: Call, again: Json, named: Json | None
) -> None:
    recipe = await publish()
    run = await verify(bob, await merge(recipe), companions=again)
    (shown,) = (await reproductions(bob, recipe))["items"]
    for told in (shown, run["result"]):
        found = told["differing_files"]
        by_name = found and {each["name"]: (each["made"], each["again"]) for each in found}
        assert (found if named is None else dict(by_name or {})) == named
    assert shown["same"]


async def test_a_lock_with_the_largest_seed_is_kept_as_it_is(
    bob: Client, publish: Call, merge: Call
) -> None:
    lock = LOCK | {"seed": str(2**63 - 1)}
    digest = lock_digest(Lock.model_validate(lock))
    run = await merge(await publish(), lock=lock, lock_digest=digest)
    told = (await bob.get(f"/v1/runs/{run['id']}/lock")).json()
    assert told == {"run": run["id"], "digest": digest, "lock": lock}


async def test_a_merge_keeps_its_lock_and_the_digests_of_its_tensors(
    bob: Client, publish: Call, merge: Call
) -> None:
    run = await merge(await publish())
    assert {"lock", "manifest"} & run["result"].keys() == set()
    assert run["result"]["versions"] == {"numpy": "2.3.0"}
    lock = (await bob.get(f"/v1/runs/{run['id']}/lock")).json()
    assert lock == {"run": run["id"], "digest": LOCK_DIGEST, "lock": LOCK}
    told = (await bob.get(f"/v1/runs/{run['id']}/tensors")).json()
    assert told == {"run": run["id"], "output_digest": digest_of(MADE), "tensors": MADE}


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"lock_digest": f"sha256:{'0' * 64}"}, "The lock has another digest"),
        ({"manifest": tensors("3", "5")}, "The manifest's tensors have another digest"),
        ({"manifest": tensors("3")}, "The manifest's tensors have another digest"),
    ],
)
async def test_a_lock_or_manifest_that_is_not_what_the_report_states_is_refused(
    submit: Call, claim: Call, report: Call, result: Json, words: str
) -> None:
    answer = await report(await claim(await submit()), result=MERGE | result)
    assert (answer.status_code, answer.json()["code"]) == (422, "report-invalid")
    assert words in answer.json()["detail"]


async def test_the_merge_of_an_older_worker_has_no_lock_and_cannot_be_verified(
    owner: Client, submit: Call, claim: Call, report: Call
) -> None:
    run = await submit()
    await report(await claim(run), result=MERGED)
    for what in ("lock", "tensors"):
        answer = await owner.get(f"/v1/runs/{run['id']}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (404, "lock-not-found")
    answer = await owner.post("/v1/runs", json={"kind": "verify", "run": run["id"]})
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/run", "no-lock")


async def test_the_lock_of_an_unknown_run_is_not_found(owner: Client) -> None:
    for what in ("lock", "tensors"):
        answer = await owner.get(f"/v1/runs/{uuid4()}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (404, "run-not-found")


async def test_only_a_finished_merge_is_verified(
    owner: Client, submit: Call, claim: Call, report: Call
) -> None:
    waiting = await submit()
    answer = await owner.post("/v1/runs", json={"kind": "verify", "run": waiting["id"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "run-not-succeeded")
    evaluation = {"kind": "evaluate", "model": "org/m", "benchmarks": ["arc"]}
    other = (await owner.post("/v1/runs", json=evaluation)).json()
    for run, code in ((other["id"], "not-a-merge"), (str(uuid4()), "unknown-run")):
        answer = await owner.post("/v1/runs", json={"kind": "verify", "run": run})
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("/run", code)


async def test_a_claim_has_lock_and_manifest_and_other_answers_do_not(
    bob: Client, publish: Call, merge: Call, claim: Call, recipe_text: str
) -> None:
    made = await merge(await publish())
    run = (await bob.post("/v1/runs", json={"kind": "verify", "run": made["id"]})).json()
    assert (run["spec"]["lock"], run["spec"]["manifest"]) == (None, None)
    spec = (await claim(run))["spec"]
    assert (spec["lock"], spec["manifest"], spec["recipe"]) == (LOCK, MADE, recipe_text)
    setting = {"engine_version": "5", "versions": {"numpy": "2.3.0"}, "device": "cpu"}
    assert spec["made"] == setting | {"machine": MACHINE}
    shown = (await bob.get(f"/v1/runs/{run['id']}")).json()
    assert (shown["spec"]["lock"], shown["spec"]["manifest"]) == (None, None)


async def test_a_recipe_shows_who_made_it_again_and_in_what_the_two_differ(
    bob: Client, publish: Call, merge: Call, verify: Call
) -> None:
    recipe = await publish()
    made = await merge(recipe)
    same = await verify(bob, made)
    other = await verify(bob, made, tensors("3", "9"))
    last, first = (await reproductions(bob, recipe))["items"]
    assert [last["run"], first["run"]] == [other["id"], same["id"]]
    assert (first["same"], first["differing"], first["differences"]) == (True, 0, [])
    assert (last["same"], last["differing"], last["tensors"]) == (False, 1, 2)
    (difference,) = last["differences"]
    assert (difference["name"], difference["largest"]) == ("b", 0.5)
    assert (difference["made"], difference["again"]) == (MADE["b"], tensors("3", "9")["b"])
    assert (last["owner"], last["merge_owner"], last["independent"]) == ("bob", "ann", True)
    assert (last["merge"], last["model_name"], last["version"]) == (made["id"], "ann/soup", 1)
    assert last["worker"] == "worker-1"
    assert (last["made"]["versions"], last["again"]["versions"]) == (
        {"numpy": "2.3.0"}, {"numpy": "2.4.0"},
    )  # fmt: skip
    assert last["unlike"] == [{"what": "numpy", "made": "2.3.0", "again": "2.4.0"}]


async def test_the_counter_has_each_other_account_once(
    ann: Client, bob: Client, person: Call, publish: Call, merge: Call, verify: Call
) -> None:
    recipe = await publish()
    made = await merge(recipe)
    await verify(ann, made)
    await verify(bob, made, tensors("3", "9"))
    assert await counter(bob, recipe) == 0
    await verify(bob, made)
    await verify(bob, await merge(recipe))
    assert await counter(bob, recipe) == 1
    await verify(await person("eve"), made)
    assert await counter(bob, recipe) == 2
    owners = [each["owner"] for each in (await reproductions(bob, recipe))["items"]]
    assert owners == ["eve", "bob", "bob", "bob", "ann"]


async def test_two_reports_at_the_same_moment_count_an_account_once(
    bob: Client, publish: Call, merge: Call, claim: Call, report: Call
) -> None:
    recipe = await publish()
    wanted = {"kind": "verify", "run": (await merge(recipe))["id"]}
    runs = [(await bob.post("/v1/runs", json=wanted)).json() for _ in range(4)]
    claims = [await claim(run) for run in runs]
    told = await asyncio.gather(*(report(each, result=verified()) for each in claims))
    assert [each.status_code for each in told] == [200] * 4
    assert len((await reproductions(bob, recipe))["items"]) == 4
    assert await counter(bob, recipe) == 1


async def test_a_member_of_the_account_that_merged_is_not_another_one(
    ann: Client, bob: Client, publish: Call, claim: Call, report: Call, verify: Call
) -> None:
    assert (await ann.post("/v1/accounts", json={"handle": "lab"})).status_code == 201
    path = "/v1/accounts/lab/members/bob"
    assert (await ann.put(path, json={"role": "reader"}, headers=ANY)).status_code == 200
    recipe = await publish()
    wanted = {"recipe_version": recipe["version"]["id"], "model_name": "lab/soup"}
    run = (await ann.post("/v1/runs", json={"kind": "merge", **wanted})).json()
    await report(await claim(run), result=MERGE)
    assert (await verify(bob, run))["spec"]["independent"] is False
    assert await counter(bob, recipe) == 0


async def test_the_catalogue_learns_of_a_counted_reproduction(
    bob: Client, publish: Call, merge: Call, verify: Call, transaction: Call
) -> None:
    recipe = await publish()
    made = await merge(recipe)
    count = text("SELECT count(*) FROM changes")
    async with transaction() as session:
        before = await session.scalar(count)
    await verify(bob, made)
    await verify(bob, made)
    async with transaction() as session:
        assert await session.scalar(count) == before + 1


async def test_a_recipe_merged_from_a_text_has_no_reproductions(
    owner: Client, submit: Call, claim: Call, report: Call, verify: Call
) -> None:
    run = await submit()
    await report(await claim(run), result=MERGE)
    assert (await verify(owner, run))["result"]["same"] is True


@pytest.mark.parametrize(
    "wrong",
    [
        {"same": False},
        {"differing": 1},
        {"output_digest": f"sha256:{'0' * 64}"},
        {"same": False, "differing": 1},
    ],
)
async def test_an_outcome_that_contradicts_itself_is_refused(
    bob: Client, publish: Call, merge: Call, claim: Call, report: Call, wrong: Json
) -> None:
    recipe = await publish()
    wanted = {"kind": "verify", "run": (await merge(recipe))["id"]}
    run = (await bob.post("/v1/runs", json=wanted)).json()
    answer = await report(await claim(run), result=verified(**wrong))
    assert (answer.status_code, answer.json()["code"]) == (422, "report-invalid")
    assert (await reproductions(bob, recipe))["items"] == []


async def test_a_failed_verification_is_not_retried_once_the_merge_is_private(
    ann: Client, bob: Client, publish: Call, merge: Call, claim: Call, report: Call
) -> None:
    recipe = await publish()
    wanted = {"kind": "verify", "run": (await merge(recipe))["id"]}
    run = (await bob.post("/v1/runs", json=wanted)).json()
    error = {"code": "ingredient-changed", "message": "m", "last_lines": [], "retryable": False}
    await report(await claim(run), "failed", error=error)
    path = f"/v1/recipes/{recipe['id']}"
    await ann.patch(path, json={"visibility": "private"}, headers=ANY)
    answer = await bob.post(f"/v1/runs/{run['id']}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "source-private")
    await ann.patch(path, json={"visibility": "public"}, headers=ANY)
    assert (await bob.post(f"/v1/runs/{run['id']}/retry")).json()["state"] == "queued"


async def test_pages_of_reproductions_go_on_where_they_ended(
    bob: Client, publish: Call, merge: Call, verify: Call
) -> None:
    recipe = await publish()
    made = await merge(recipe)
    runs = [(await verify(bob, made))["id"] for _ in range(3)]
    first = await reproductions(bob, recipe, limit=2)
    await verify(bob, made)
    rest = await reproductions(bob, recipe, limit=2, cursor=first["next_cursor"])
    found = [each["run"] for each in (*first["items"], *rest["items"])]
    assert (found, rest["next_cursor"]) == (runs[::-1], None)


async def test_what_is_private_shows_neither_lock_nor_reproduction(
    ann: Client,
    bob: Client,
    stranger: Client,
    worker: Client,
    publish: Call,
    merge: Call,
    verify: Call,
) -> None:
    recipe = await publish(visibility="private")
    made = await merge(recipe)
    again = await verify(ann, made)
    for client in (bob, stranger, worker):
        for run in (made, again):
            for what in ("lock", "tensors"):
                answer = await client.get(f"/v1/runs/{run['id']}/{what}")
                assert (answer.status_code, answer.json()["code"]) == (404, "run-not-found")
        answer = await client.get(f"/v1/recipes/{recipe['id']}/reproductions")
        assert (answer.status_code, answer.json()["code"]) == (404, "recipe-not-found")
    answer = await bob.post("/v1/runs", json={"kind": "verify", "run": made["id"]})
    unknown = await bob.post("/v1/runs", json={"kind": "verify", "run": str(uuid4())})
    assert answer.status_code == unknown.status_code == 422
    (told,), (fault,) = answer.json()["errors"], unknown.json()["errors"]
    assert told | {"detail": ""} == fault | {"detail": ""}
    assert (await ann.get(f"/v1/runs/{made['id']}/lock")).json()["lock"] == LOCK
    assert len((await reproductions(ann, recipe))["items"]) == 1


async def test_a_private_merge_by_a_public_recipe_leaves_no_trace_there(
    ann: Client, bob: Client, publish: Call, merge: Call, verify: Call, recipe_text: str
) -> None:
    public, hidden = await publish(), await publish(name="s", visibility="private")
    secret = await merge(hidden)
    next_one = recipe_text.replace("org/first", f"run:{secret['id']}")
    version = await ann.post(f"/v1/recipes/{public['id']}/versions", json={"recipe": next_one})
    assert version.status_code == 201, version.text
    made = await merge({"version": version.json()})
    assert made["visibility"] == "private"
    assert (await verify(ann, made))["visibility"] == "private"
    assert (await reproductions(bob, public))["items"] == []
    assert await counter(bob, public) == 0
    assert len((await reproductions(ann, public))["items"]) == 1


async def test_a_merge_of_a_model_that_became_private_cannot_be_verified_by_others(
    ann: Client, bob: Client, publish: Call, merge: Call, claim: Call, report: Call,
    recipe_text: str,
) -> None:  # fmt: skip
    recipe = await publish()
    made = await merge(recipe)
    built_on = recipe_text.replace("org/first", f"run:{made['id']}")
    wanted = {"kind": "merge", "recipe": built_on, "model_name": "more"}
    more = (await bob.post("/v1/runs", json=wanted)).json()
    await report(await claim(more), result=MERGE)
    path = f"/v1/recipes/{recipe['id']}"
    await ann.patch(path, json={"visibility": "private"}, headers=ANY)
    answer = await bob.post("/v1/runs", json={"kind": "verify", "run": more["id"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "source-private")
