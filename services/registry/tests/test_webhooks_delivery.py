"""Webhooks: which events are sent where, how they are signed, and what an answer causes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from receiver import Answer, Receiver, answers, receiving
from sqlalchemy import text

from mergehub.contracts.events import ModelProduced
from mergehub.contracts.kinds.merge import Parent
from registry.events.models import outbox
from registry.webhooks.sending.schedule import PAUSES
from registry.webhooks.sending.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]


async def test_event_is_sent_signed_and_logged_with_its_answer(
    listen: Call, submit: Call, sender: Sender, receiver: Receiver, deliveries: Call, events: Call
) -> None:
    receiver.respond = lambda request: Answer(201, body=b"thank you \0 \xff")
    endpoint = await listen()
    run = await submit()

    assert await sender.send_due() == 1

    (request,) = receiver.received
    payload = request.verified(endpoint["secret"])
    (event,) = await events()
    assert request.headers["webhook-id"] == "msg_" + event["id"].replace("-", "")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("Mergehub-Webhooks/")
    assert (payload["type"], payload["subject"]) == ("run.queued", f"runs/{run['id']}")
    assert payload["data"] == event["data"]
    (delivery,) = await deliveries(endpoint)
    assert (delivery["state"], delivery["payload"]) == ("delivered", payload)
    (attempt,) = delivery["attempts"]
    assert (attempt["number"], attempt["status"], attempt["error"]) == (1, 201, None)
    assert attempt["answer"] == "thank you � �"
    assert await sender.send_due() == 0


async def test_delivery_and_event_exist_together_or_not_at_all(
    listen: Call, transaction: Any, deliveries: Call, submit: Call, events: Call
) -> None:
    endpoint = await listen()

    async def broken() -> None:
        async with transaction() as session:
            data = ModelProduced(
                run=endpoint["id"], name="m", digest="d", method="linear", recipe_version=None,
                recipe_digest="r", parents=[],
            )  # fmt: skip
            await outbox.emit(session, "model.produced", "models/m", data)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken()
    assert await deliveries(endpoint) == []
    await submit()
    assert len(await deliveries(endpoint)) == len(await events()) == 1


async def test_endpoint_gets_the_types_that_it_asked_for(
    listen: Call, submit: Call, claim: Call, report: Call, sender: Sender, deliveries: Call
) -> None:
    some = await listen(types=["run.succeeded", "model.produced"])
    every = await listen()
    await report(await claim(await submit()))
    while await sender.send_due():
        pass
    assert [d["type"] for d in await deliveries(some)] == ["run.succeeded", "model.produced"]
    assert len(await deliveries(every)) == 4


async def test_failure_is_tried_ten_times_by_the_schedule(
    listen: Call, submit: Call, sender: Sender, receiver: Receiver, deliveries: Call, due: Call,
    transaction: Any,
) -> None:  # fmt: skip
    receiver.respond = lambda request: Answer(500, body=b"broken")
    endpoint = await listen()
    await submit()
    waits = []
    for _ in range(10):
        assert await sender.send_due() == 1
        async with transaction() as session:
            waiting = "SELECT extract(epoch FROM due_at - now()) FROM webhook_deliveries"
            waits.append(float(await session.scalar(text(waiting))))
        assert await sender.send_due() == 0
        await due()

    for wait, pause in zip(waits, PAUSES[1:], strict=False):
        assert pause - 2 < wait < 1.2 * pause
    (delivery,) = await deliveries(endpoint)
    assert (delivery["state"], delivery["attempt"]) == ("failed", 10)
    assert {(a["status"], a["answer"]) for a in delivery["attempts"]} == {(500, "broken")}
    assert await sender.send_due() == 0
    ids = {request.headers["webhook-id"] for request in receiver.received}
    assert len(ids) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304, 400, 404, 500])
async def test_anything_but_2xx_is_a_failure_and_redirects_are_not_followed(
    listen: Call, submit: Call, sender: Sender, receiver: Receiver, deliveries: Call, status: int
) -> None:
    async with receiving() as elsewhere:
        receiver.respond = answers(Answer(status, {"Location": elsewhere.url}))
        endpoint = await listen()
        await submit()
        await sender.send_due()
        assert elsewhere.received == []
    (delivery,) = await deliveries(endpoint)
    assert (delivery["state"], delivery["attempts"][0]["status"]) == ("pending", status)


@pytest.mark.parametrize("status", [429, 503, 500])
async def test_retry_after_gives_the_whole_endpoint_a_rest(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    deliveries: Call, transaction: Any, status: int,
) -> None:  # fmt: skip
    receiver.respond = answers(Answer(status, {"Retry-After": "3000"}), 200)
    endpoint = await listen()
    await submit()
    await sender.send_due()
    await submit()
    assert await sender.send_due() == 0

    async with transaction() as session:
        rest = "SELECT extract(epoch FROM paused_until - now()) FROM webhook_endpoints"
        assert 2990 < float(await session.scalar(text(rest))) <= 3600
        await session.execute(text("UPDATE webhook_endpoints SET paused_until = now()"))
    assert await sender.send_due() == 1  # the second; the first is still pending
    assert [d["state"] for d in await deliveries(endpoint)] == ["pending", "delivered"]
    shown = (await owner.get(f"/v1/webhooks/{endpoint['id']}")).json()
    assert shown["failing_since"] is None


@pytest.mark.parametrize("status", [429, 502, 504])
async def test_overloaded_receiver_gets_a_rest_without_asking(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    status: int,
) -> None:  # fmt: skip
    receiver.respond = answers(status)
    endpoint = await listen()
    await submit()
    await sender.send_due()
    shown = (await owner.get(f"/v1/webhooks/{endpoint['id']}")).json()
    assert shown["paused_until"] > shown["failing_since"]
    await submit()
    assert await sender.send_due() == 0


async def test_gone_disables_the_endpoint_and_tells_the_others(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    deliveries: Call, events: Call,
) -> None:  # fmt: skip
    receiver.respond = lambda request: Answer(410 if request.path == "/gone" else 200)
    gone = await listen(url=receiver.url.replace("/hook", "/gone"))
    watcher = await listen(types=["webhook.disabled"])
    await submit()
    await sender.send_due()

    shown = (await owner.get(f"/v1/webhooks/{gone['id']}")).json()
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "gone")
    assert await sender.send_due() == 1
    (told,) = await deliveries(watcher)
    notice = told["payload"]["data"]
    assert (notice["endpoint"], notice["reason"]) == (gone["id"], "gone")
    assert await events("webhook.disabled") == [], "only its owner is notified"
    await submit()
    assert await sender.send_due() == 0
    assert len(await deliveries(gone)) == 1


async def test_endpoint_that_accepts_nothing_for_days_is_disabled_with_notice(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    transaction: Any, due: Call, deliveries: Call,
) -> None:  # fmt: skip
    receiver.respond = answers(500)
    endpoint = await listen()
    watcher = await listen(types=["webhook.disabled"])
    await submit()
    await sender.send_due()
    await submit()
    for hours, disabled in ((71, False), (73, True)):
        async with transaction() as session:
            last = "UPDATE webhook_deliveries SET attempt = 9, state = 'pending' WHERE tries > 0"
            since = f"UPDATE webhook_endpoints SET failing_since = now() - interval '{hours} h'"
            for statement in (last, since):
                await session.execute(text(statement))
        await due()
        await sender.send_due()
        shown = (await owner.get(f"/v1/webhooks/{endpoint['id']}")).json()
        assert shown["enabled"] is not disabled

    assert shown["disabled_reason"] == "failing"
    (told,) = await deliveries(watcher)
    notice = told["payload"]["data"]
    assert (notice["endpoint"], notice["reason"]) == (endpoint["id"], "failing")
    assert {d["state"] for d in await deliveries(endpoint)} == {"failed"}


async def test_payload_stays_under_20_kb_and_tells_what_it_lacks(
    listen: Call, sender: Sender, receiver: Receiver, transaction: Any
) -> None:
    endpoint = await listen()
    parents = [Parent(name="é" * 200, digest="d" * 64) for _ in range(1000)]
    async with transaction() as session:
        data = ModelProduced(
            run=endpoint["id"], name="m", digest="d", method="linear", recipe_version=None,
            recipe_digest="r", parents=parents,
        )  # fmt: skip
        await outbox.emit(session, "model.produced", "models/m", data)
    await sender.send_due()
    (request,) = receiver.received
    payload = request.verified(endpoint["secret"])
    assert len(request.body) < 20_000
    assert payload["shortened"] == ["parents"]
    assert ModelProduced.model_validate(payload["data"]).parents == []


async def test_silence_is_a_failure_after_the_time_that_a_receiver_has(
    listen: Call, submit: Call, sender: Sender, receiver: Receiver, deliveries: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("registry.webhooks.sending.attempt.REQUEST_SECONDS", 0.2)
    receiver.respond = answers(Answer(silent=True))
    endpoint = await listen()
    await submit()
    await sender.send_due()
    ((attempt,),) = [each["attempts"] for each in await deliveries(endpoint)]
    assert (attempt["status"], attempt["error"]) == (None, "No answer within 0.2 s.")


async def test_answer_that_does_not_end_counts_by_its_status(
    listen: Call, submit: Call, sender: Sender, receiver: Receiver, deliveries: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("registry.webhooks.sending.attempt.REQUEST_SECONDS", 2)
    unfinished = Answer(200, {"Content-Length": "1000000"}, b"begun")
    receiver.respond = answers(unfinished, Answer(200, body=b"x" * 100_000))
    endpoint = await listen()
    for _ in range(2):
        await submit()
        await sender.send_due()
    log = await deliveries(endpoint)
    assert [each["state"] for each in log] == ["delivered", "delivered"]
    assert [each["attempts"][0]["answer"] for each in log] == ["begun", "x" * 1000]


async def test_test_button_sends_to_this_endpoint_whatever_it_listens_to(
    owner: httpx.AsyncClient, listen: Call, sender: Sender, receiver: Receiver, events: Call
) -> None:
    endpoint = await listen(types=["run.failed"])
    await listen()
    answer = await owner.post(f"/v1/webhooks/{endpoint['id']}/test")
    assert answer.status_code == 202
    assert await sender.send_due() == 1
    (request,) = receiver.received
    assert request.verified(endpoint["secret"])["type"] == "webhook.test"
    logged = (await owner.get(answer.headers["location"])).json()
    assert (logged["state"], logged["attempts"][0]["status"]) == ("delivered", 200)
    assert await events() == []
