"""Webhooks: what is sent to whom, how it is signed, and what an answer leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from receiver import Answer, Receiver, receiving
from sqlalchemy import text

from mergehub.contracts.events import ModelProduced
from mergehub.contracts.runs import Parent
from registry.app import make_sender
from registry.events.models import outbox
from registry.runs.sweeper import Sweeper
from registry.webhooks.rooms import Rooms
from registry.webhooks.schedule import PAUSES
from registry.webhooks.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]


def answers(*given: Answer | int) -> Callable[[object], Answer]:
    """Answers one after the other; the last one for ever."""
    left = [each if isinstance(each, Answer) else Answer(each) for each in given]
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


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
    assert await sender.send_due() == 1  # the second; the first still waits
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
    (notice,) = await events("webhook.disabled")
    assert (notice["endpoint"], notice["reason"]) == (gone["id"], "gone")
    assert await sender.send_due() == 1
    (told,) = await deliveries(watcher)
    assert told["payload"]["data"] == notice
    await submit()
    assert await sender.send_due() == 0
    assert len(await deliveries(gone)) == 1


async def test_endpoint_that_accepts_nothing_for_days_is_disabled_with_notice(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    transaction: Any, events: Call, due: Call, deliveries: Call,
) -> None:  # fmt: skip
    receiver.respond = answers(500)
    endpoint = await listen()
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
    (notice,) = await events("webhook.disabled")
    assert (notice["endpoint"], notice["reason"]) == (endpoint["id"], "failing")
    assert {d["state"] for d in await deliveries(endpoint)} == {"failed"}


async def test_order_per_subject_holds_where_it_is_asked_for(
    listen: Call, submit: Call, claim: Call, report: Call, sender: Sender, receiver: Receiver,
    due: Call,
) -> None:  # fmt: skip
    await listen(ordered=True)
    receiver.respond = answers(500, 200)
    first, second = await submit(), await submit()
    await report(await claim(first))
    await sender.send_due()  # each subject's first; one of them fails
    while await sender.send_due():
        pass
    await due()
    while await sender.send_due():
        pass

    def told(run: Json) -> list[str]:
        bodies = [request.body.decode() for request in receiver.received]
        return [httpx.Response(200, text=b).json()["type"] for b in bodies if run["id"] in b]

    expected = ["run.queued", "run.started", "run.succeeded", "model.produced"]
    of_first = [each for each in told(first) if each != "model.produced"]
    assert of_first in (expected[:3], ["run.queued", *expected[:3]])
    assert set(told(second)) == {"run.queued"}


async def test_without_order_a_failure_holds_nothing_up(
    listen: Call, submit: Call, claim: Call, sender: Sender, receiver: Receiver, deliveries: Call
) -> None:
    endpoint = await listen()
    receiver.respond = lambda request: Answer(500 if b"run.queued" in request.body else 200)
    await claim(await submit())
    await sender.send_due()
    assert [d["state"] for d in await deliveries(endpoint)] == ["pending", "delivered"]


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


async def test_two_senders_at_once_send_each_delivery_once(
    resources: Any, listen: Call, submit: Call, receiver: Receiver, deliveries: Call
) -> None:
    endpoint = await listen()
    await asyncio.gather(*(submit() for _ in range(60)))
    senders = [make_sender(resources) for _ in range(2)]

    async def work(sender: Sender) -> int:
        sent = 0
        while taken := await sender.send_due():
            sent += taken
        await sender.stop()
        return sent

    assert sum(await asyncio.gather(*map(work, senders))) == 60
    ids = [request.headers["webhook-id"] for request in receiver.received]
    assert len(ids) == len(set(ids)) == 60
    assert {d["state"] for d in await deliveries(endpoint)} == {"delivered"}


async def test_sender_whose_lease_ended_is_not_heard(
    resources: Any, listen: Call, submit: Call, receiver: Receiver, deliveries: Call, due: Call,
    until: Call,
) -> None:  # fmt: skip
    endpoint = await listen()
    await submit()
    slow, other = make_sender(resources), make_sender(resources)
    receiver.respond = answers(500, 200)
    assert await slow.take() == 1
    await asyncio.wait_for(receiver.arrived.wait(), 8)
    await due()  # its lease is over before it could write anything
    assert await other.send_due() == 1
    await slow.send_due()
    (delivery,) = await deliveries(endpoint)
    assert (delivery["state"], len(delivery["attempts"])) == ("delivered", 1)
    for sender in (slow, other):
        await sender.stop()


async def test_answer_is_kept_until_it_can_be_written_down(
    listen: Call, submit: Call, sender: Sender, receiver: Receiver, deliveries: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    async def away(*_: object) -> None:
        raise ConnectionError("the database is away")

    endpoint = await listen()
    await submit()
    with monkeypatch.context() as patched:
        patched.setattr("registry.webhooks.health.note", away)
        with pytest.raises(ConnectionError):
            await sender.send_due()
    assert await sender.send_due() == 0
    (delivery,) = await deliveries(endpoint)
    assert (delivery["state"], len(receiver.received)) == ("delivered", 1)


async def test_dead_endpoint_delays_no_other(
    resources: Any, owner: httpx.AsyncClient, listen: Call, submit: Call, receiver: Receiver,
    deliveries: Call, until: Call,
) -> None:  # fmt: skip
    async with receiving() as dead:
        dead.respond = lambda request: Answer(silent=True)
        await listen(url=dead.url)
        alive = await listen()
        await asyncio.gather(*(submit() for _ in range(130)))
        sender = make_sender(resources)
        while await sender.take():
            pass

        async def all_arrived() -> bool:
            await sender.settle()
            await sender.take()
            return len(receiver.received) == 130

        await until(all_arrived)
        await sender.settle()
        assert {d["state"] for d in await deliveries(alive)} == {"delivered"}
        assert sender.rooms.busy == Rooms.FIRST  # all of them at the dead one
        await sender.stop()


async def test_room_of_an_endpoint_grows_with_what_it_accepts_and_shrinks_with_failures(
    resources: Any, listen: Call, submit: Call, sender: Sender, receiver: Receiver
) -> None:
    await listen()
    await asyncio.gather(*(submit() for _ in range(40)))
    receiver.respond = lambda request: Answer(200 if len(receiver.received) <= 12 else 500)
    assert [await sender.send_due() for _ in range(4)] == [4, 8, 16, 2]
    another = make_sender(resources)
    assert await another.send_due() == 2  # it learns from the row
    await another.stop()
    receiver.respond = answers(200)
    assert [await sender.send_due() for _ in range(3)] == [2, 4, 2]


async def test_endpoints_that_hang_take_no_room_from_those_that_answer(
    resources: Any, owner: httpx.AsyncClient, listen: Call, submit: Call, receiver: Receiver,
    transaction: Any, monkeypatch: pytest.MonkeyPatch, until: Call,
) -> None:  # fmt: skip
    monkeypatch.setattr(Rooms, "FAILING_TOTAL", 7)
    monkeypatch.setattr(Rooms, "TOTAL", 5)
    async with receiving() as dead:
        dead.respond = lambda request: Answer(silent=True)
        for _ in range(10):
            await listen(url=dead.url)
        async with transaction() as session:
            await session.execute(text("UPDATE webhook_endpoints SET failing_since = now()"))
        await submit()
        sender = make_sender(resources)
        assert await sender.take() == 7
        assert await sender.take() == 0
        await listen(types=["run.queued"])
        await asyncio.gather(*(submit() for _ in range(9)))
        assert await sender.take() == 4

        async def all_arrived() -> bool:
            await sender.settle()
            await sender.take()
            return len(receiver.received) == 9

        await until(all_arrived)
        await sender.stop()


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


async def test_log_is_forgotten_after_a_month(
    listen: Call, submit: Call, sender: Sender, deliveries: Call, transaction: Any, sweeper: Sweeper
) -> None:
    endpoint = await listen()
    for days in (29, 31):
        await submit()
        await sender.send_due()
        async with transaction() as session:
            old = f"UPDATE webhook_deliveries SET finished_at = now() - interval '{days} d'"
            await session.execute(text(old))
        await sweeper.sweep()
        assert len(await deliveries(endpoint)) == (1 if days == 29 else 0)
