"""Organisations: who creates them, who belongs to them, and what each role may do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

Json = dict[str, Any]
Person = Callable[..., Awaitable[httpx.AsyncClient]]
ANY = {"If-Match": "*"}


@pytest.fixture
async def ann(person: Person) -> httpx.AsyncClient:
    return await person("ann")


@pytest.fixture
async def bob(person: Person) -> httpx.AsyncClient:
    return await person("bob")


@pytest.fixture
async def lab(ann: httpx.AsyncClient) -> str:
    """An organisation of Ann's."""
    answer = await ann.post("/v1/accounts", json={"handle": "lab", "display_name": "The lab"})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/v1/accounts/lab"
    return "lab"


async def joins(owner: httpx.AsyncClient, handle: str, role: str) -> httpx.Response:
    path = f"/v1/accounts/lab/members/{handle}"
    return await owner.put(path, json={"role": role}, headers=ANY)


async def test_an_account_is_there_for_everybody_to_see(
    ann: httpx.AsyncClient, stranger: httpx.AsyncClient, lab: str
) -> None:
    told = (await stranger.get("/v1/accounts/lab")).json()
    assert (told["kind"], told["display_name"], told["disabled_at"]) == (
        "organisation", "The lab", None,
    )  # fmt: skip
    assert (await stranger.get("/v1/accounts/ann")).json()["kind"] == "person"
    assert (await stranger.get("/v1/accounts/local")).json()["kind"] == "person"
    missing = await stranger.get("/v1/accounts/nobody")
    assert (missing.status_code, missing.json()["code"]) == (404, "account-not-found")


async def test_the_founder_is_the_owner(ann: httpx.AsyncClient, lab: str) -> None:
    me = (await ann.get("/v1/accounts/me")).json()
    assert me["organisations"] == [{"organisation": "lab", "role": "owner"}]
    members = (await ann.get("/v1/accounts/lab/members")).json()["items"]
    assert [(each["person"], each["role"]) for each in members] == [("ann", "owner")]


async def test_the_owner_of_the_hub_has_an_account_and_its_programs_have_none(
    owner: httpx.AsyncClient, worker: httpx.AsyncClient
) -> None:
    assert (await owner.get("/v1/accounts/me")).json()["account"]["handle"] == "local"
    answer = await worker.get("/v1/accounts/me")
    assert (answer.status_code, answer.json()["code"]) == (403, "no-account")


@pytest.mark.parametrize("handle", ["lab", "ann", "local", "me", "audit", "sign-in"])
async def test_a_handle_is_one_of_a_kind(bob: httpx.AsyncClient, lab: str, handle: str) -> None:
    answer = await bob.post("/v1/accounts", json={"handle": handle})
    assert (answer.status_code, answer.json()["code"]) == (409, "handle-taken")


@pytest.mark.parametrize("handle", ["Lab", "a b", "a/b", "-a", "a--b", "", "x" * 40, "a.b", "ä"])
async def test_a_handle_is_safe_in_addresses(ann: httpx.AsyncClient, handle: str) -> None:
    answer = await ann.post("/v1/accounts", json={"handle": handle})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/handle"


async def test_one_of_many_gets_a_handle_that_all_want_at_once(person: Person) -> None:
    people = [await person(f"p{number}") for number in range(6)]
    answers = await asyncio.gather(
        *(each.post("/v1/accounts", json={"handle": "lab"}) for each in people)
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


async def test_without_the_scope_nobody_founds_or_changes(
    person: Person, stranger: httpx.AsyncClient, lab: str
) -> None:
    weak = await person("weak", "recipes:write")
    for client, status in ((weak, 403), (stranger, 401)):
        assert (await client.post("/v1/accounts", json={"handle": "x"})).status_code == status
        assert (await joins(client, "ann", "reader")).status_code == status


async def test_only_owners_change_who_belongs(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, person: Person, lab: str
) -> None:
    eve = await person("eve")
    assert (await joins(eve, "eve", "owner")).status_code == 404
    for role in ("reader", "writer"):
        assert (await joins(ann, "bob", role)).status_code == 200
        refused = await joins(bob, "eve", "owner")
        assert (refused.status_code, refused.json()["code"]) == (403, "not-yours")
        refused = await joins(bob, "bob", "owner")
        assert (refused.status_code, refused.json()["code"]) == (403, "not-yours")
    assert (await joins(ann, "bob", "owner")).status_code == 200
    assert (await joins(bob, "eve", "reader")).status_code == 200


async def test_members_are_seen_by_members_alone(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, owner: httpx.AsyncClient,
    stranger: httpx.AsyncClient, lab: str,
) -> None:  # fmt: skip
    path = "/v1/accounts/lab/members"
    refused = await bob.get(path)
    assert (refused.status_code, refused.json()["code"]) == (404, "account-not-found")
    assert (await stranger.get(path)).status_code == 401
    await joins(ann, "bob", "reader")
    assert (await bob.get(path)).status_code == 200
    assert (await owner.get(path)).status_code == 200, "an administrator sees all"


async def test_the_last_owner_cannot_leave(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, lab: str
) -> None:
    path = "/v1/accounts/lab/members/ann"
    refused = await ann.delete(path, headers=ANY)
    assert (refused.status_code, refused.json()["code"]) == (409, "last-owner")
    assert (await joins(ann, "ann", "reader")).json()["code"] == "last-owner"
    await joins(ann, "bob", "owner")
    assert (await ann.delete(path, headers=ANY)).status_code == 204
    assert (await ann.get("/v1/accounts/lab/members")).status_code == 404


async def test_two_owners_who_leave_at_once_are_not_both_let_go(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, lab: str
) -> None:
    await joins(ann, "bob", "owner")
    leaving = [
        client.delete(f"/v1/accounts/lab/members/{handle}", headers=ANY)
        for client, handle in ((ann, "ann"), (bob, "bob"))
    ]
    answers = await asyncio.gather(*leaving)
    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_a_member_may_leave(ann: httpx.AsyncClient, bob: httpx.AsyncClient, lab: str) -> None:
    await joins(ann, "bob", "reader")
    path = "/v1/accounts/lab/members"
    assert (await bob.delete(f"{path}/ann", headers=ANY)).status_code == 403
    assert (await bob.delete(f"{path}/bob", headers=ANY)).status_code == 204
    assert (await bob.get(path)).status_code == 404


async def test_nobody_changes_what_somebody_else_has_changed(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, lab: str
) -> None:
    path = "/v1/accounts/lab/members"
    read = (await ann.get(path)).headers["etag"]
    body = {"role": "reader"}
    assert (await ann.put(f"{path}/bob", json=body)).status_code == 428
    changed = await ann.put(f"{path}/bob", json=body, headers={"If-Match": read})
    assert changed.status_code == 200
    assert (await ann.get(path)).headers["etag"] == changed.headers["etag"]
    late = await ann.delete(f"{path}/bob", headers={"If-Match": read})
    assert late.status_code == 412
    again = {"If-Match": changed.headers["etag"]}
    assert (await ann.delete(f"{path}/bob", headers=again)).status_code == 204


@pytest.mark.parametrize("handle", ["nobody", "lab"])
async def test_only_persons_with_an_account_can_be_members(
    ann: httpx.AsyncClient, lab: str, handle: str
) -> None:
    refused = await joins(ann, handle, "reader")
    assert (refused.status_code, refused.json()["code"]) == (422, "member-invalid")
    path = "/v1/accounts/ann/members/ann"
    refused = await ann.put(path, json={"role": "reader"}, headers=ANY)
    assert refused.json()["code"] == "member-invalid"


async def test_an_account_is_changed_by_its_owners_and_disabled_by_administrators(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, owner: httpx.AsyncClient, lab: str
) -> None:
    body = {"display_name": "The laboratory"}
    assert (await bob.patch("/v1/accounts/lab", json=body, headers=ANY)).status_code == 403
    assert (await ann.patch("/v1/accounts/lab", json=body)).status_code == 428
    changed = await ann.patch("/v1/accounts/lab", json=body, headers=ANY)
    assert changed.json()["display_name"] == "The laboratory"
    refused = await ann.patch("/v1/accounts/ann", json={"disabled": True}, headers=ANY)
    assert refused.status_code == 403
    answer = await owner.patch("/v1/accounts/ann", json={"disabled": True}, headers=ANY)
    assert answer.json()["disabled_at"] is not None
    for handle in ("lab", "local"):
        refused = await owner.patch(f"/v1/accounts/{handle}", json={"disabled": True}, headers=ANY)
        assert (refused.status_code, refused.json()["code"]) == (409, "cannot-disable")


async def test_each_change_is_written_down(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, owner: httpx.AsyncClient, lab: str
) -> None:
    await joins(ann, "bob", "writer")
    await ann.patch("/v1/accounts/lab", json={"display_name": "L"}, headers=ANY)
    await ann.delete("/v1/accounts/lab/members/bob", headers=ANY)
    trail = (await owner.get("/v1/accounts/audit", params={"account": "ann"})).json()["items"]
    assert [(each["action"], each["subject"]) for each in reversed(trail)] == [
        ("organisation.created", "accounts/lab"),
        ("member.set", "accounts/lab/members/bob/writer"),
        ("account.changed", "accounts/lab"),
        ("member.removed", "accounts/lab/members/bob"),
    ]
