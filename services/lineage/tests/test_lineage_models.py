"""Models keep their identity when they are renamed; their facts, claims and flags are shown."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from lineage_statements import say
from sqlalchemy import select

from lineage import events
from lineage.edges.models import ChangeRow
from lineage.learning.batch import Batch, Facts, Statement
from lineage.learning.service import learn
from lineage.models.models import ModelRow
from lineage.recount import wrong_counters
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.background.resources import Resources


async def tell(resources: Resources, *told: Statement, facts: tuple[Facts, ...] = ()) -> None:
    async with resources.database.transaction() as session:
        await learn(session, Batch(told, facts))


@pytest.fixture
def ask(client: httpx.AsyncClient, registry):
    """Send a request with a token of both scopes; return the answer."""
    registry.tokens["mgh_both"] = "lineage:write lineage:moderate"

    async def send(method: str, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": "Bearer mgh_both", "If-Match": body.pop("tag", "*")}
        return await client.request(method, path, json=body or None, headers=headers)

    return send


@pytest.fixture
def found(client: httpx.AsyncClient):
    """The models that a name finds."""

    async def find(name: str) -> list[dict[str, Any]]:
        answer = await client.get("/v1/models", params={"name": name})
        return list(answer.json()["items"])

    return find


class TestNames:
    async def test_a_renamed_model_keeps_its_id_and_is_found_by_both_names(
        self, resources, ask, found
    ):
        await tell(resources, say("me/soup", "org/base"))
        (before,) = await found("org/base")
        path = f"/v1/models/{before['id']}"
        changed = await ask("PATCH", path, name="lab/base")
        assert changed.status_code == 200
        assert [each["name"] for each in changed.json()["names"]] == ["org/base", "lab/base"]
        for name in ("lab/base", "org/base", "ORG/Base"):
            (model,) = await found(name)
            assert (model["id"], model["name"]) == (before["id"], "lab/base")

    async def test_what_is_told_under_a_former_name_is_about_the_renamed_model(
        self, resources, registry, ask, found
    ):
        await tell(resources, say("a", "org/base"))
        (model,) = await found("org/base")
        await ask("PATCH", f"/v1/models/{model['id']}", name="lab/base")
        registry.merge("soup", Parent(name="ORG/base", role="base"))
        await events.consumer(resources).catch_up()
        (model,) = await found("lab/base")
        assert model["children_count"] == 2

    async def test_no_other_model_takes_a_former_name_but_the_model_itself_may(
        self, resources, ask, found
    ):
        await tell(resources, say("child", "one"), say("child", "two"))
        (one,), (two,) = await found("one"), await found("two")
        await ask("PATCH", f"/v1/models/{one['id']}", name="other")
        taken = await ask("PATCH", f"/v1/models/{two['id']}", name="ONE")
        assert (taken.status_code, taken.json()["code"]) == (409, "model-name-taken")
        assert one["id"] in taken.json()["detail"]
        assert "other" in taken.json()["detail"]
        back = await ask("PATCH", f"/v1/models/{one['id']}", name="one")
        assert [each["name"] for each in back.json()["names"]] == ["one", "other", "one"]
        again = await ask("PATCH", f"/v1/models/{two['id']}", name="other")
        assert again.status_code == 409

    async def test_names_that_differ_only_in_composition_are_one_models(
        self, resources, client, registry, ask, found
    ):
        composed, apart = "org/caf\u00e9", "org/cafe\u0301"
        await tell(resources, say("soup", apart))
        registry.merge("stew", Parent(name=apart, role="base"))
        await events.consumer(resources).catch_up()
        row = {"child": "broth", "parent": apart, "line": 3}
        report = (await ask("POST", "/v1/graph/imports", edges=[row])).json()
        assert [(each["line"], each["now"]) for each in report["corrected"]] == [(3, composed)]
        for name in (composed, apart):
            (model,) = await found(name)
            assert (model["name"], model["children_count"]) == (composed, 3)
            begun = await client.get("/v1/models", params={"q": name})
            assert [each["name"] for each in begun.json()["items"]] == [composed]
        (soup,) = await found("soup")
        path = f"/v1/models/{soup['id']}"
        assert (await ask("PATCH", path, name=apart)).status_code == 409
        renamed = await ask("PATCH", path, name="u\u0308ber")
        assert renamed.json()["name"] == "\u00fcber"

    @pytest.mark.parametrize(
        ("field", "value"),
        [("name", "org/\u202ebase"), ("licence", "mit\x1b[31m"), ("architecture", "llama\u200b")],
    )
    async def test_characters_that_no_one_sees_are_refused(
        self, resources, ask, found, field, value
    ):
        await tell(resources, say("child", "parent"))
        [model] = await found("child")
        answer = await ask("PATCH", f"/v1/models/{model['id']}", **{field: value})
        assert answer.status_code == 422
        assert f"/{field}" in answer.json()["detail"]

    async def test_the_name_of_another_model_is_refused_in_any_case(self, resources, ask, found):
        await tell(resources, say("child", "parent"))
        (child,) = await found("child")
        answer = await ask("PATCH", f"/v1/models/{child['id']}", name="PARENT")
        assert (answer.status_code, answer.json()["code"]) == (409, "model-name-taken")
        spelt = await ask("PATCH", f"/v1/models/{child['id']}", name="Child")
        assert spelt.json()["name"] == "Child"

    async def test_of_two_that_want_a_name_at_once_one_gets_it(self, resources, ask, found):
        """Whether the other renames a model or tells of a new one."""
        await tell(resources, say("child", "one"), say("child", "two"))
        (one,), (two,) = await found("one"), await found("two")
        for attempt in range(5):
            name = f"wanted-{attempt}"
            *renamed, _ = await asyncio.gather(
                ask("PATCH", f"/v1/models/{one['id']}", name=name),
                ask("PATCH", f"/v1/models/{two['id']}", name=name),
                tell(resources, say(name, "child"), say("child", "one")),
            )
            statuses = sorted(answer.status_code for answer in renamed)
            assert statuses in ([200, 409], [409, 409])
            assert len(await found(name)) == 1
        async with resources.database.transaction() as session:
            assert await wrong_counters(session) == []

    @pytest.mark.parametrize(
        "name",
        ["", " ", "tab\there", "x" * 501, "../etc/passwd", "/models/soup", "C:\\soup", "org/../x",
         "=cmd()", "+1", "-rf", "@me", "<b>soup</b>", "https://example.org/soup", "org//soup",
         "no\u00a0break", "zero\u200bwidth"],
        ids=repr,
    )  # fmt: skip
    async def test_what_is_no_name_is_refused_wherever_it_comes_in(
        self, resources, ask, found, name
    ):
        await tell(resources, say("child", "parent"))
        (child,) = await found("child")
        renamed = await ask("PATCH", f"/v1/models/{child['id']}", name=name)
        assert renamed.status_code == 422
        assert "/name" in renamed.json()["detail"]
        edges = [{"child": name, "parent": "parent"}]
        report = (await ask("POST", "/v1/graph/imports", edges=edges)).json()
        assert [each["code"] for each in report["skipped"]] in (["malformed-name"], ["empty-name"])
        assert report["edges"]["added"] == 0

    async def test_a_name_may_have_spaces_and_letters_of_any_language(self, resources, ask, found):
        await tell(resources, say("child", "parent"))
        (child,) = await found("child")
        renamed = await ask("PATCH", f"/v1/models/{child['id']}", name=" Zürich/Большая модель 7B ")
        assert renamed.json()["name"] == "Zürich/Большая модель 7B"


class TestPreconditions:
    async def test_a_change_names_the_state_that_it_starts_from(
        self, resources, client, ask, found
    ):
        await tell(resources, say("child", "parent"))
        (child,) = await found("child")
        path = f"/v1/models/{child['id']}"
        read = await client.get(path)
        changed = await ask("PATCH", path, tag=read.headers["etag"], licence="mit")
        assert changed.status_code == 200
        assert changed.headers["etag"] == (await client.get(path)).headers["etag"]
        late = await ask("PATCH", path, tag=read.headers["etag"], licence="gpl")
        assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
        assert late.headers["etag"] == changed.headers["etag"]
        assert (await client.get(path)).json()["licence"] == "mit"

    async def test_a_change_without_a_state_is_refused(self, resources, client, ask, found):
        await tell(resources, say("child", "parent"))
        (child,) = await found("child")
        headers = {"Authorization": "Bearer mgh_both"}
        path = f"/v1/models/{child['id']}"
        answer = await client.patch(path, json={"licence": "mit"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")


FACTS = {
    "architecture": "llama",
    "parameters": 7_000_000_000,
    "tokenizer": "org/base",
    "licence": "apache-2.0",
    "domains": ["code", "maths"],
    "made_on": "2024-05-01",
}


class TestFacts:
    async def test_they_are_shown_in_lists_and_changed_one_by_one(self, resources, ask, found):
        await tell(resources, say("child", "parent"))
        (parent,) = await found("parent")
        path = f"/v1/models/{parent['id']}"
        changed = (await ask("PATCH", path, **FACTS)).json()
        assert {name: changed[name] for name in FACTS} == FACTS
        changed = (await ask("PATCH", path, domains=["Math", "cooking", "maths"])).json()
        assert changed["domains"] == ["maths", "cooking"]
        await ask("PATCH", path, licence=None, domains=None)
        (parent,) = await found("parent")
        assert (parent["licence"], parent["domains"]) == (None, [])
        assert (parent["architecture"], parent["source"]) == ("llama", "manual")

    async def test_what_a_writer_said_stands_against_less_trusted_sources(
        self, resources, ask, found
    ):
        await tell(resources, say("child", "parent"))
        (parent,) = await found("parent")
        await ask("PATCH", f"/v1/models/{parent['id']}", licence="The MIT License")
        await tell(resources, facts=(Facts("parent", "hub-metadata", 70, licence="gpl"),))
        (parent,) = await found("parent")
        assert parent["licence"] == "mit"

    async def test_the_graphs_in_memory_hear_of_them(self, resources, ask, found):
        await tell(resources, say("child", "parent"))
        (parent,) = await found("parent")
        await ask("PATCH", f"/v1/models/{parent['id']}", licence="mit")
        async with resources.database.transaction() as session:
            logged = (await session.scalars(select(ChangeRow).order_by(ChangeRow.id))).all()
            number = select(ModelRow.number).where(ModelRow.name == "parent")
            assert logged[-1].models == [await session.scalar(number)]

    async def test_an_unknown_model_is_a_problem(self, ask):
        answer = await ask("PATCH", f"/v1/models/{uuid4()}", licence="mit")
        assert (answer.status_code, answer.json()["code"]) == (404, "model-not-found")


async def test_a_model_shows_its_kind_and_what_weaker_sources_claim(resources, client, found):
    await tell(
        resources,
        say("soup", "base", source="edge-list", relation="unknown", evidence="edges.csv:7"),
        say("soup", "base", weight=0.5),
        say("tuned", "base", source="model-card", relation="finetune", role="base"),
    )
    kinds = {}
    for name in ("base", "soup", "tuned"):
        (model,) = await found(name)
        detail = (await client.get(f"/v1/models/{model['id']}")).json()
        kinds[name] = detail["kind"]
        if name == "soup":
            (claim,) = detail["claims"]
    assert kinds == {"base": "original", "soup": "merge", "tuned": "finetune"}
    assert (claim["name"], claim["source"], claim["confidence"]) == ("base", "edge-list", 40)
    assert (claim["relation"], claim["evidence"]) == ("unknown", "edges.csv:7")


CONTAMINATED = {"kind": "contaminated", "reason": "It knows gsm8k.", "evidence": "https://x.y"}


class TestFlags:
    async def test_a_moderator_sets_one_and_clears_it(self, resources, client, ask, found):
        await tell(resources, say("soup", "base"))
        (base,) = await found("base")
        path = f"/v1/models/{base['id']}"
        made = await ask("POST", f"{path}/flags", **CONTAMINATED)
        assert made.status_code == 201
        flag = made.json()
        assert (flag["set_by"], flag["cleared_at"]) == ("ann", None)
        assert (await client.get(path)).json()["flags"] == [flag]
        again = await ask("POST", f"{path}/flags", **CONTAMINATED)
        assert (again.status_code, again.json()["code"]) == (409, "already-flagged")

        for _ in range(2):
            gone = await ask("DELETE", f"{path}/flags/{flag['id']}")
            assert gone.status_code == 204
        (cleared,) = (await client.get(path)).json()["flags"]
        assert cleared["cleared_by"] == "ann"
        assert cleared["cleared_at"] > cleared["set_at"]
        assert (await ask("POST", f"{path}/flags", **CONTAMINATED)).status_code == 201

    async def test_a_flag_of_another_model_is_not_found(self, resources, ask, found):
        await tell(resources, say("soup", "base"))
        (soup,), (base,) = await found("soup"), await found("base")
        made = await ask("POST", f"/v1/models/{base['id']}/flags", **CONTAMINATED)
        answer = await ask("DELETE", f"/v1/models/{soup['id']}/flags/{made.json()['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "flag-not-found")

    async def test_only_a_moderator_may(self, resources, client, registry, found):
        await tell(resources, say("soup", "base"))
        (base,) = await found("base")
        registry.tokens["mgh_only-writes"] = "lineage:write"
        headers = {"Authorization": "Bearer mgh_only-writes"}
        path = f"/v1/models/{base['id']}/flags"
        answer = await client.post(path, json=CONTAMINATED, headers=headers)
        assert answer.status_code == 403
        assert (await client.delete(f"{path}/1")).status_code == 401
