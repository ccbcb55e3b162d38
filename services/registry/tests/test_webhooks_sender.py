"""The sender of webhooks: the order of deliveries, leases, and the limit of each endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from receiver import Answer, Receiver, answers, receiving
from sqlalchemy import text

from mergehub.kit.database.housekeeping import Housekeeping
from registry.background import make_sender
from registry.webhooks.sending.concurrency import Concurrency
from registry.webhooks.sending.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]


async def test_order_per_subject_holds_where_it_is_asked_for(
    listen: Call, submit: Call, claim: Call, report: Call, sender: Sender, receiver: Receiver,
    due: Call,
) -> None:  # fmt: skip
    await listen(ordered=True)
    receiver.respond = answers(500, 200)
    first, second = await submit(), await submit()
    await report(await claim(first))
    await sender.send_due()  # the first of each subject; one of them fails
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


async def test_line_behind_a_failure_waits_with_it_and_goes_on_with_it(
    listen: Call, submit: Call, claim: Call, report: Call, sender: Sender, receiver: Receiver,
    deliveries: Call, transaction: Any,
) -> None:  # fmt: skip
    endpoint = await listen(ordered=True, types=["run.queued", "run.started", "run.succeeded"])
    receiver.respond = answers(500, 200)
    await report(await claim(await submit()))
    assert [await sender.send_due() for _ in range(2)] == [1, 0]
    waiting = await deliveries(endpoint)
    assert len({each["due_at"] for each in waiting}) == 1

    async with transaction() as session:
        first = "UPDATE webhook_deliveries SET due_at = now() WHERE tries > 0"
        await session.execute(text(first))
    assert [await sender.send_due() for _ in range(4)] == [1, 1, 1, 0]
    assert {each["state"] for each in await deliveries(endpoint)} == {"delivered"}


async def test_without_order_a_failure_holds_nothing_up(
    listen: Call, submit: Call, claim: Call, sender: Sender, receiver: Receiver, deliveries: Call
) -> None:
    endpoint = await listen()
    receiver.respond = lambda request: Answer(500 if b"run.queued" in request.body else 200)
    await claim(await submit())
    await sender.send_due()
    assert [d["state"] for d in await deliveries(endpoint)] == ["pending", "delivered"]


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
    await due()  # its lease ends before it could record anything
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
        patched.setattr("registry.webhooks.sending.health.note", away)
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
        for _ in range(13):  # all at once would outlast a request's time on a busy machine
            await asyncio.gather(*(submit() for _ in range(10)))
        sender = make_sender(resources)
        while await sender.take():
            pass

        async def all_delivered() -> bool:
            await sender.settle()
            await sender.take()
            log = f"/v1/webhooks/{alive['id']}/deliveries"
            return (await owner.get(log, params={"state": "pending"})).json()["items"] == []

        await until(all_delivered)
        assert len(receiver.received) == 130
        assert {each["state"] for each in await deliveries(alive)} == {"delivered"}
        assert sender.concurrency.busy == Concurrency.FIRST  # all of them to the dead endpoint
        await sender.stop()


async def test_room_of_an_endpoint_grows_with_what_it_accepts_and_shrinks_with_failures(
    resources: Any, listen: Call, submit: Call, sender: Sender, receiver: Receiver
) -> None:
    await listen()
    await asyncio.gather(*(submit() for _ in range(40)))
    receiver.respond = lambda request: Answer(200 if len(receiver.received) <= 12 else 500)
    assert [await sender.send_due() for _ in range(4)] == [4, 8, 16, 2]
    another = make_sender(resources)
    assert await another.send_due() == 2  # it learns this from the row
    await another.stop()
    receiver.respond = answers(200)
    assert [await sender.send_due() for _ in range(3)] == [2, 4, 2]


async def test_endpoints_that_hang_take_no_room_from_those_that_answer(
    resources: Any, owner: httpx.AsyncClient, listen: Call, submit: Call, receiver: Receiver,
    transaction: Any, monkeypatch: pytest.MonkeyPatch, until: Call,
) -> None:  # fmt: skip
    monkeypatch.setattr(Concurrency, "FAILING_TOTAL", 7)
    monkeypatch.setattr(Concurrency, "TOTAL", 5)
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


async def test_log_is_forgotten_after_a_month(
    listen: Call,
    submit: Call,
    sender: Sender,
    deliveries: Call,
    transaction: Any,
    housekeeping: Housekeeping,
) -> None:
    endpoint = await listen()
    for days in (29, 31):
        await submit()
        await sender.send_due()
        async with transaction() as session:
            old = f"UPDATE webhook_deliveries SET finished_at = now() - interval '{days} d'"
            await session.execute(text(old))
        await housekeeping.keep()
        assert len(await deliveries(endpoint)) == (1 if days == 29 else 0)
