"""Comments: threads in reading order, edited by authors, removed by them or by moderators."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from registry.comments import service

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Client = httpx.AsyncClient

ANY = {"If-Match": "*"}


@pytest.fixture
async def ann(person: Call) -> Client:
    return await person("ann")


@pytest.fixture
async def eve(person: Call) -> Client:
    return await person("eve")


@pytest.fixture
async def at(ann: Client, recipe_text: str) -> str:
    """The address of the comments on a recipe of Ann's."""
    answer = await ann.post("/v1/recipes", json={"name": "soup", "recipe": recipe_text})
    return f"/v1/recipes/{answer.json()['id']}/comments"


async def say(client: Client, at: str, words: str, parent: int | None = None) -> Json:
    answer = await client.post(at, json={"text": words, "parent": parent})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def listed(client: Client, at: str, **params: Any) -> list[tuple[int, str | None]]:
    items = (await client.get(at, params=params)).json()["items"]
    return [(each["number"], each["text"]) for each in items]


async def count(client: Client, at: str) -> int:
    return (await client.get(at.removesuffix("/comments"))).json()["comments"]


async def test_a_comment_is_numbered_and_kept_as_it_was_written(at: str, eve: Client) -> None:
    words = "Does **it** add?\n\n<script>alert(1)</script>"
    answer = await eve.post(at, json={"text": words})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{at}/1"
    expected = {
        "number": 1, "parent": None, "author": "eve", "text": words, "edited_at": None,
        "removed_by": None, "created_at": made["created_at"],
    }  # fmt: skip
    assert made == expected == (await eve.get(f"{at}/1")).json()
    assert await count(eve, at) == 1


async def test_threads_are_listed_in_reading_order_across_pages(
    at: str, ann: Client, eve: Client, stranger: Client
) -> None:
    for words, parent in (("a", None), ("b", None), ("a1", 1), ("b1", 2), ("a2", 1), ("c", None)):
        await say(eve, at, words, parent)
    met: list[str] = []
    path: str | None = f"{at}?limit=2"
    while path:
        page = await stranger.get(path)
        met += [each["text"] for each in page.json()["items"]]
        path = page.links.get("next", {}).get("url")
    assert met == ["a", "a1", "a2", "b", "b1", "c"]


async def test_only_the_first_comment_of_a_thread_is_answered(at: str, eve: Client) -> None:
    await say(eve, at, "a")
    await say(eve, at, "a1", 1)
    for parent, hint in ((2, "give 1"), (9, "no comment 9")):
        refused = await eve.post(at, json={"text": "x", "parent": parent})
        assert (refused.status_code, refused.json()["code"]) == (422, "parent-invalid")
        assert hint in refused.json()["detail"]
    await eve.delete(f"{at}/1")
    refused = await eve.post(at, json={"text": "x", "parent": 1})
    assert refused.json()["detail"] == "Comment 1 was removed."


async def test_many_at_once_get_one_number_each_and_are_counted(
    at: str, person: Call, eve: Client
) -> None:
    people = [await person(f"p{number}") for number in range(6)]
    made = await asyncio.gather(*(say(each, at, f"{n}") for n in range(3) for each in people))
    assert sorted(each["number"] for each in made) == list(range(1, 19))
    removed = await asyncio.gather(
        *(people[n % 6].delete(f"{at}/{each['number']}") for n, each in enumerate(made))
    )
    assert {answer.status_code for answer in removed} == {204}
    assert await count(eve, at) == 0


async def test_only_its_author_edits_a_comment(
    at: str, ann: Client, eve: Client, owner: Client
) -> None:
    await say(eve, at, "so")
    for other in (ann, owner):  # neither the recipe's owner nor an administrator
        answer = await other.patch(f"{at}/1", json={"text": "no"})
        assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")
    same = (await eve.patch(f"{at}/1", json={"text": "so"})).json()
    assert same["edited_at"] is None
    edited = (await eve.patch(f"{at}/1", json={"text": "so so"})).json()
    assert edited["text"] == "so so"
    assert edited["edited_at"] > edited["created_at"]


@pytest.mark.parametrize(
    ("who", "by"), [("eve", "author"), ("ann", "moderator"), ("owner", "moderator")]
)
async def test_its_author_the_recipe_s_owner_and_administrators_remove_a_comment(
    at: str, ann: Client, eve: Client, owner: Client, transaction: Any, who: str, by: str
) -> None:
    await say(eve, at, "secret")
    await say(ann, at, "answer", 1)
    assert (await {"eve": eve, "ann": ann, "owner": owner}[who].delete(f"{at}/1")).is_success
    stone = (await eve.get(f"{at}/1")).json()
    assert (stone["author"], stone["text"], stone["removed_by"]) == (None, None, by)
    assert await listed(eve, at) == [(1, None), (2, "answer")]
    assert await count(eve, at) == 1
    async with transaction() as session:
        kept = (await session.execute(text("SELECT text FROM registry.comments"))).scalars().all()
    assert sorted(kept) == ["", "answer"]


async def test_others_remove_no_comment(at: str, eve: Client, person: Call) -> None:
    await say(eve, at, "so")
    answer = await (await person("mallory")).delete(f"{at}/1")
    assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")


async def test_writers_of_an_organisation_moderate_its_recipes_and_readers_do_not(
    ann: Client, eve: Client, person: Call, recipe_text: str
) -> None:
    await ann.post("/v1/accounts", json={"handle": "lab"})
    body = {"name": "soup", "owner": "lab", "recipe": recipe_text}
    at = f"/v1/recipes/{(await ann.post('/v1/recipes', json=body)).json()['id']}/comments"
    await say(eve, at, "so")
    for role, status in (("reader", 403), ("writer", 204)):
        member = await person(f"the-{role}")
        path = f"/v1/accounts/lab/members/the-{role}"
        assert (await ann.put(path, json={"role": role}, headers=ANY)).is_success
        assert (await member.delete(f"{at}/1")).status_code == status


async def test_a_tombstone_stays_only_while_it_has_answers(at: str, eve: Client) -> None:
    for words, parent in (("a", None), ("a1", 1), ("b", None)):
        await say(eve, at, words, parent)
    await eve.delete(f"{at}/3")
    assert await listed(eve, at) == [(1, "a"), (2, "a1")]
    await eve.delete(f"{at}/1")
    assert await listed(eve, at) == [(1, None), (2, "a1")]
    await eve.delete(f"{at}/2")
    assert await listed(eve, at) == []
    for number in (1, 2, 3, 4):
        for method in ("GET", "DELETE", "PATCH"):
            body = {"json": {"text": "x"}} if method == "PATCH" else {}
            answer = await eve.request(method, f"{at}/{number}", **body)
            assert (answer.status_code, answer.json()["code"]) == (404, "comment-not-found")
    assert (await say(eve, at, "c"))["number"] == 4  # a number never means two comments


async def test_a_repeated_request_writes_one_comment(at: str, eve: Client) -> None:
    key = {"Idempotency-Key": "k"}
    sent = [await eve.post(at, json={"text": "so"}, headers=key) for _ in range(2)]
    assert sent[0].json() == sent[1].json()
    assert await listed(eve, at) == [(1, "so")]


@pytest.mark.parametrize("words", ["", " \n ", "x" * 10_001])
async def test_a_text_has_words_and_a_bounded_length(at: str, eve: Client, words: str) -> None:
    answer = await eve.post(at, json={"text": words})
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], "at most 10,000 characters" in fault["detail"]) == ("/text", True)


async def test_a_recipe_has_a_bounded_number_of_comments(
    at: str, eve: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    await say(eve, at, "a")
    await say(eve, at, "b")
    await eve.delete(f"{at}/2")
    answer = await eve.post(at, json={"text": "c"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-comments")


async def test_an_account_writes_no_more_than_its_quota_in_a_day(
    at: str, ann: Client, eve: Client, owner: Client, transaction: Any
) -> None:
    quota = "/v1/accounts/eve/quotas/comments_a_day"
    assert (await owner.put(quota, json={"limit": 3})).is_success
    answers = await asyncio.gather(*(eve.post(at, json={"text": f"{n}"}) for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [429] * 5
    refused = next(answer.json() for answer in answers if answer.status_code == 429)
    assert refused["code"] == "comment-quota-exceeded"
    assert "its quota comments_a_day is 3" in refused["detail"]
    await eve.delete(f"{at}/1")  # it was written today all the same
    assert (await eve.post(at, json={"text": "x"})).status_code == 429
    assert (await ann.post(at, json={"text": "x"})).status_code == 201
    async with transaction() as session:
        old = text("UPDATE registry.comments SET created_at = created_at - interval '25 h'")
        await session.execute(old)
    assert (await eve.post(at, json={"text": "x"})).status_code == 201


async def test_comments_on_a_private_recipe_do_not_exist_for_others(
    at: str, ann: Client, eve: Client, stranger: Client, events: Call
) -> None:
    await say(eve, at, "so")
    recipe = at.removesuffix("/comments")
    await ann.patch(recipe, json={"visibility": "private"}, headers=ANY)
    nowhere = f"/v1/recipes/{uuid4()}/comments"
    for client in (eve, stranger):
        for path in ("", "/1", "/2"):
            told = [(await client.get(f"{each}{path}")).json() for each in (at, nowhere)]
            assert told[0]["code"] == "recipe-not-found"
            assert told[0] | {"detail": ""} == told[1] | {"detail": ""}
    for method, path, body in (
        ("POST", "", {"text": "x"}), ("PATCH", "/1", {"text": "x"}), ("DELETE", "/1", None),
    ):  # fmt: skip
        assert (await eve.request(method, f"{at}{path}", json=body)).status_code == 404
    await say(ann, at, "just us")
    assert await listed(ann, at) == [(1, "so"), (2, "just us")]
    assert [each["number"] for each in await events("recipe.commented")] == [1]


async def test_a_comment_is_an_event_and_is_held_back_while_private(
    at: str, ann: Client, eve: Client, events: Call
) -> None:
    recipe = at.removesuffix("/comments")
    await ann.patch(recipe, json={"visibility": "private"}, headers=ANY)
    await say(ann, at, "so")
    assert await events("recipe.commented") == []
    await ann.patch(recipe, json={"visibility": "public"}, headers=ANY)
    await say(eve, at, "and so", 1)
    told = {"recipe": recipe.rpartition("/")[2], "name": "soup"}
    assert await events("recipe.commented") == [
        told | {"number": 1, "parent": None, "author": "ann"},
        told | {"number": 2, "parent": 1, "author": "eve"},
    ]


async def test_each_change_of_a_comment_is_in_the_audit(
    at: str, ann: Client, eve: Client, owner: Client
) -> None:
    await say(eve, at, "so")
    await eve.patch(f"{at}/1", json={"text": "so so"})
    await ann.delete(f"{at}/1")
    subject = f"{at.removeprefix('/v1/')}/1"
    entries = (await owner.get("/v1/accounts/audit", params={"subject": subject})).json()["items"]
    assert [(each["account"], each["action"]) for each in entries] == [
        ("ann", "comment.removed"), ("eve", "comment.edited"), ("eve", "comment.added"),
    ]  # fmt: skip


async def test_a_comment_needs_an_account(at: str, worker: Client, stranger: Client) -> None:
    assert (await stranger.post(at, json={"text": "x"})).status_code == 401
    assert (await worker.post(at, json={"text": "x"})).status_code == 403
