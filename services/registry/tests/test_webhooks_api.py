"""Webhooks as people manage them: endpoints, secrets, the log, replays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from receiver import Answer, Receiver
from sqlalchemy import text
from standardwebhooks import WebhookVerificationError

from registry.webhooks.sending.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

HOOK = {"url": "https://example.com/hook"}
ANY = {"If-Match": "*"}
NOWHERE = f"/v1/webhooks/{0:032x}"


async def test_endpoint_is_made_read_changed_and_deleted(owner: httpx.AsyncClient) -> None:
    made = await owner.post("/v1/webhooks", json={**HOOK, "types": ["run.failed"]})
    address = made.headers["location"]
    created = made.json()
    assert (made.status_code, address) == (201, f"/v1/webhooks/{created['id']}")
    assert created["secret"].startswith("whsec_")
    shown = (await owner.get(address)).json()
    assert shown == {name: value for name, value in created.items() if name != "secret"}
    assert (shown["types"], shown["ordered"], shown["enabled"]) == (["run.failed"], False, True)

    changes = {"description": "ops", "types": [], "ordered": True, "url": "https://example.org/"}
    changed = (await owner.patch(address, headers=ANY, json=changes)).json()
    assert {name: changed[name] for name in changes} == changes

    assert (await owner.delete(address)).status_code == 204
    gone = await owner.get(address)
    assert (gone.status_code, gone.json()["code"]) == (404, "webhook-not-found")


async def test_change_needs_the_state_that_it_starts_from(owner: httpx.AsyncClient) -> None:
    address = (await owner.post("/v1/webhooks", json=HOOK)).headers["location"]
    unsaid = await owner.patch(address, json={"description": "ops"})
    assert (unsaid.status_code, unsaid.json()["code"]) == (428, "precondition-required")
    read = (await owner.get(address)).headers["etag"]
    changed = await owner.patch(address, headers={"If-Match": read}, json={"description": "ops"})
    assert changed.headers["etag"] == (await owner.get(address)).headers["etag"] != read
    late = await owner.patch(address, headers={"If-Match": read}, json={"description": "dev"})
    assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
    assert late.headers["etag"] == changed.headers["etag"]
    assert (await owner.get(address)).json()["description"] == "ops"
    known = await owner.get(address, headers={"If-None-Match": changed.headers["etag"]})
    assert known.status_code == 304


async def test_secret_is_shown_once(owner: httpx.AsyncClient) -> None:
    secret = (await owner.post("/v1/webhooks", json=HOOK)).json()["secret"]
    page = await owner.get("/v1/webhooks")
    address = f"/v1/webhooks/{page.json()['items'][0]['id']}"
    changed = await owner.patch(address, headers=ANY, json={})
    for answer in (page, await owner.get(address), changed):
        assert "secret" not in answer.json()
        assert secret not in answer.text


async def test_repeated_creation_and_rotation_under_a_key_is_one(owner: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k"}
    first, second = [await owner.post("/v1/webhooks", json=HOOK, headers=key) for _ in range(2)]
    assert first.content == second.content
    assert len((await owner.get("/v1/webhooks")).json()["items"]) == 1
    address = first.headers["location"]
    for action in ("rotate", "test"):
        one, two = [await owner.post(f"{address}/{action}", headers=key) for _ in range(2)]
        assert one.content == two.content
        assert two.headers["idempotency-replayed"] == "true"
    assert len((await owner.get(f"{address}/deliveries")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/webhooks"),
        ("POST", "/v1/webhooks"),
        ("GET", NOWHERE),
        ("PATCH", NOWHERE),
        ("DELETE", NOWHERE),
        ("POST", f"{NOWHERE}/rotate"),
        ("POST", f"{NOWHERE}/test"),
        ("GET", f"{NOWHERE}/deliveries"),
        ("GET", f"{NOWHERE}/deliveries/1"),
        ("POST", f"{NOWHERE}/deliveries/1/replay"),
        ("POST", f"{NOWHERE}/replay"),
    ],
)
async def test_everything_needs_its_scope(
    owner: httpx.AsyncClient, worker: httpx.AsyncClient, stranger: httpx.AsyncClient,
    method: str, path: str,
) -> None:  # fmt: skip
    body = {"since": "2026-01-01T00:00:00Z", **HOOK}
    body = {name: body[name] for name in (["since"] if path.endswith("/replay") else ["url"])}
    options: Json = {"json": body} if method in ("POST", "PATCH") else {}
    options |= {"headers": ANY} if method == "PATCH" else {}
    options |= {"json": None} if path.endswith("/rotate") else {}
    statuses = [(await c.request(method, path, **options)).status_code for c in (stranger, worker)]
    assert statuses == [401, 403]
    if path.startswith(NOWHERE):
        assert (await owner.request(method, path, **options)).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "example.com/hook",
        "https://",
        "https://user:password@example.com/",
        "https://user@example.com/",
        "http://@example.com/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1]/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://example.com:99999/",
        "http://example.com:８０/",
        "https://exa mple.com/",
        "http://xn--/",
        "http://a.xn--/",
        "http://a..b/",
        f"http://{'a' * 64}.example/",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "https://example.com/" + "x" * 2000,
    ],
)
async def test_url_that_cannot_be_sent_to_is_refused(owner: httpx.AsyncClient, url: str) -> None:
    address = (await owner.post("/v1/webhooks", json=HOOK)).headers["location"]
    for answer in (
        await owner.post("/v1/webhooks", json={"url": url}),
        await owner.patch(address, headers=ANY, json={"url": url}),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/url"


async def test_half_a_character_in_a_url_is_refused(owner: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    body = rb'{"url": "http://\ud800.example/"}'
    answer = await owner.post("/v1/webhooks", content=body, headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("host", ["[::1]:9000", "10.0.0.7"])  # 127.0.0.0/8 is allowed here
async def test_refused_address_is_told_how_the_hub_allows_it(
    owner: httpx.AsyncClient, host: str
) -> None:
    answer = await owner.post("/v1/webhooks", json={"url": f"http://{host}/"})
    (fault,) = answer.json()["errors"]
    for told in (answer.json()["detail"], fault["detail"]):
        assert "MERGEHUB_WEBHOOK_ALLOW='[" in told


async def test_misspelt_type_is_told_the_nearest(owner: httpx.AsyncClient) -> None:
    answer = await owner.post("/v1/webhooks", json={**HOOK, "types": ["run.succeded"]})
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/types/0", "unknown_event_type")
    assert fault["suggestion"] == "did you mean 'run.succeeded'?"


@pytest.mark.parametrize("pattern", ["run.*", "*", "all"])
async def test_a_pattern_of_types_is_answered_with_what_means_all(
    owner: httpx.AsyncClient, pattern: str
) -> None:
    answer = await owner.post("/v1/webhooks", json={**HOOK, "types": [pattern]})
    (fault,) = answer.json()["errors"]
    assert fault["suggestion"] == "patterns are not supported: name each type, or no type for all"
    every = await owner.post("/v1/webhooks", json={**HOOK, "types": []})
    assert (every.status_code, every.json()["types"]) == (201, [])


async def test_misspelt_field_or_value_is_told_the_nearest(owner: httpx.AsyncClient) -> None:
    made = await owner.post("/v1/webhooks", json=HOOK)
    for body, suggestion in (
        ({"descripton": "ops"}, "did you mean 'description'?"),
        ({"enable": True}, "did you mean 'enabled'?"),
    ):
        sent = await owner.patch(made.headers["location"], headers=ANY, json=body)
        assert sent.status_code == 422
        assert sent.json()["errors"][0]["suggestion"] == suggestion
    sent = await owner.get("/v1/runs", params={"state": "succeded"})
    assert sent.json()["errors"][0]["suggestion"] == "did you mean 'succeeded'?"
    sent = await owner.post("/v1/runs", json={"kind": "merg", "recipe": ""})
    assert sent.json()["errors"][0]["suggestion"] == "did you mean 'merge'?"


async def test_unknown_type_is_refused_with_those_that_there_are(owner: httpx.AsyncClient) -> None:
    answer = await owner.post("/v1/webhooks", json={**HOOK, "types": ["run.burned"]})
    assert answer.status_code == 422
    assert "run.succeeded" in answer.json()["errors"][0]["detail"]


async def test_rotation_signs_with_both_secrets_for_a_day(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    transaction: Any,
) -> None:  # fmt: skip
    before = await listen()
    rotated = await owner.post(f"/v1/webhooks/{before['id']}/rotate")
    after = rotated.json()
    assert after["secret"] != before["secret"]
    left = datetime.fromisoformat(after["previous_until"]) - datetime.now(UTC)
    assert timedelta(hours=23.9) < left <= timedelta(hours=24)

    await submit()
    await sender.send_due()
    during = receiver.received.pop()
    assert during.headers["webhook-signature"].count("v1,") == 2
    assert during.verified(before["secret"]) == during.verified(after["secret"])

    async with transaction() as session:
        await session.execute(text("UPDATE webhook_endpoints SET previous_until = now()"))
    await submit()
    await sender.send_due()
    later = receiver.received.pop()
    assert later.verified(after["secret"])
    with pytest.raises(WebhookVerificationError):
        later.verified(before["secret"])


async def test_disabled_endpoint_gets_nothing_until_it_is_enabled(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    deliveries: Call, events: Call,
) -> None:  # fmt: skip
    endpoint = await listen()
    address = f"/v1/webhooks/{endpoint['id']}"
    await submit()
    disabled = (await owner.patch(address, headers=ANY, json={"enabled": False})).json()
    assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "manual")
    await submit()
    assert [d["state"] for d in await deliveries(endpoint)] == ["failed"]
    for action, body in (("test", None), ("replay", {"since": "2026-01-01T00:00:00Z"})):
        refused = await owner.post(f"{address}/{action}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "webhook-disabled")

    enabled = (await owner.patch(address, headers=ANY, json={"enabled": True})).json()
    assert (enabled["enabled"], enabled["disabled_reason"]) == (True, None)
    await submit()
    assert await sender.send_due() == 1
    assert await events("webhook.disabled") == []


async def test_range_is_replayed_with_what_was_missed(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    deliveries: Call,
) -> None:  # fmt: skip
    await submit()  # before the endpoint existed
    since = datetime.now(UTC).isoformat()
    endpoint = await listen(types=["run.queued"])
    address = f"/v1/webhooks/{endpoint['id']}"
    await submit()
    await sender.send_due()
    await submit()
    await owner.patch(address, headers=ANY, json={"enabled": False})
    await submit()
    await owner.patch(address, headers=ANY, json={"enabled": True})
    receiver.received.clear()

    async def replay(**body: Any) -> Json:
        answer = await owner.post(f"{address}/replay", json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()

    assert await replay(since=since) == {"deliveries": 2, "complete": True}
    assert await sender.send_due() == 2
    assert await replay(since=since) == {"deliveries": 0, "complete": True}
    assert await replay(since="2026-01-01T00:00:00Z", until=since) == {
        "deliveries": 1, "complete": True
    }  # fmt: skip
    assert await sender.send_due() == 1
    assert (await replay(since=since, only="all"))["deliveries"] == 3
    assert await sender.send_due() == 3
    assert {d["state"] for d in await deliveries(endpoint)} == {"delivered"}
    assert len({r.headers["webhook-id"] for r in receiver.received}) == 4


async def test_one_delivery_is_replayed_under_its_id(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    deliveries: Call,
) -> None:  # fmt: skip
    receiver.respond = lambda request: Answer(500 if len(receiver.received) == 1 else 200)
    endpoint = await listen()
    await submit()
    await sender.send_due()
    (delivery,) = await deliveries(endpoint)
    address = f"/v1/webhooks/{endpoint['id']}/deliveries/{delivery['id']}"
    for _ in range(2):  # first a pending one, at once; then a delivered one
        again = await owner.post(f"{address}/replay")
        assert (again.status_code, again.json()["state"]) == (202, "pending")
        assert await sender.send_due() == 1

    log = (await owner.get(address)).json()
    assert log["state"] == "delivered"
    assert [(a["number"], a["status"]) for a in log["attempts"]] == [(1, 500), (2, 200), (3, 200)]
    assert {r.headers["webhook-id"] for r in receiver.received} == {delivery["message"]}


async def test_log_comes_in_pages_by_state_and_type(
    owner: httpx.AsyncClient, listen: Call, submit: Call, claim: Call, sender: Sender
) -> None:
    endpoint = await listen()
    await claim(await submit())
    await sender.send_due()
    for _ in range(3):
        await submit()
    log = f"/v1/webhooks/{endpoint['id']}/deliveries"
    sizes, address = [], f"{log}?limit=2"
    while address:
        page = await owner.get(address)
        sizes.append(len(page.json()["items"]))
        address = page.links.get("next", {}).get("url")
    assert sizes == [2, 2, 1]
    counts = [
        len((await owner.get(log, params=query)).json()["items"])
        for query in ({"state": "pending"}, {"state": "delivered"}, {"type": "run.started"})
    ]
    assert counts == [3, 2, 1]
    for query in ({"state": "lost"}, {"type": "run.burned"}):
        assert (await owner.get(log, params=query)).status_code == 422
    assert (await owner.get(f"{log}/{2**63}")).status_code == 422


async def test_endpoints_come_in_pages(owner: httpx.AsyncClient) -> None:
    for number in range(5):
        await owner.post("/v1/webhooks", json={"url": f"https://example.com/{number}"})
    urls, address = [], "/v1/webhooks?limit=2"
    while address:
        page = await owner.get(address)
        urls += [each["url"][-1] for each in page.json()["items"]]
        address = page.links.get("next", {}).get("url")
    assert urls == ["4", "3", "2", "1", "0"]


async def test_deleting_an_endpoint_stops_no_event(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender
) -> None:
    hooks = [await listen() for _ in range(8)]
    for hook in hooks:
        deleted, *_ = await asyncio.gather(
            owner.delete(f"/v1/webhooks/{hook['id']}"), submit(), submit(), sender.send_due()
        )
        assert deleted.status_code == 204


async def test_every_change_has_its_author(owner: httpx.AsyncClient) -> None:
    address = (await owner.post("/v1/webhooks", json=HOOK)).headers["location"]
    await owner.patch(address, headers=ANY, json={"description": "ops"})
    for action in ("rotate", "test"):
        await owner.post(f"{address}/{action}")
    await owner.post(f"{address}/replay", json={"since": "2026-01-01T00:00:00Z"})
    await owner.delete(address)

    subject = address.removeprefix("/v1/")
    noted = await owner.get("/v1/accounts/audit", params={"subject": subject})
    verbs = [each["action"] for each in reversed(noted.json()["items"])]
    assert verbs == [
        f"webhook.{verb}"
        for verb in ("created", "changed", "rotated", "tested", "replayed", "deleted")
    ]
    assert {each["actor"] for each in noted.json()["items"]} == {"owner"}
