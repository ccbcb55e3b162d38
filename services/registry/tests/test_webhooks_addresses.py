"""Webhooks go only to allowed addresses, by the address that is actually connected to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_network
from typing import Any

import pytest
from fastapi import FastAPI
from receiver import Answer, Receiver
from sqlalchemy import text

from mergehub.kit.background.resources import Resources
from mergehub.kit.outbound.guarded import Resolver
from registry.background import make_sender
from registry.webhooks.sending.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

LOOPBACK = [ip_network("127.0.0.0/8")]


class Names:
    """A resolver that gives each answer in turn, and then the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.fixture
def refused(
    app: FastAPI,
    resources: Resources,
    submit: Call,
    deliveries: Call,
    listen: Call,
    transaction: Any,
) -> Call:
    """The error of a delivery to a URL, by whatever way it was registered."""

    async def refused(url: str, *networks: Any, resolve: Any = None) -> str:
        endpoint = await listen()
        async with transaction() as session:
            change = text("UPDATE webhook_endpoints SET url = :url")
            await session.execute(change, {"url": url})
        sender = Sender(resources.database, networks, app.state.sealer, resolve)
        await submit()
        await sender.send_due()
        await sender.stop()
        ((attempt,),) = [each["attempts"] for each in await deliveries(endpoint)]
        assert attempt["status"] is None
        return attempt["error"]

    return refused


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "localhost",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::1]",
        "[::]",
    ],
)
async def test_loopback_is_refused_in_every_notation(
    refused: Call, receiver: Receiver, host: str
) -> None:
    error = await refused(f"http://{host}:{receiver.port}/")
    assert "not a public address" in error or "Invalid IPv4 address" in error
    assert receiver.received == []


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00::1"]
)
async def test_name_with_a_private_address_is_refused(
    refused: Call, receiver: Receiver, address: str
) -> None:
    resolve = Names(["93.184.216.34", address])  # although its first address is public
    error = await refused(f"http://rebind.example:{receiver.port}/", resolve=resolve)
    assert error.startswith("Refused:")


async def test_name_that_changes_its_answer_is_judged_by_the_one_connected_to(
    refused: Call, receiver: Receiver
) -> None:
    resolve = Names(["127.0.0.2"], ["127.0.0.1"])
    error = await refused(
        f"http://rebind.example:{receiver.port}/", ip_network("127.0.0.1/32"), resolve=resolve
    )
    assert error.startswith("Refused: 127.0.0.2 is not a public address. ")
    assert resolve.asked == [("rebind.example", receiver.port)]  # only once for one connection
    assert receiver.received == []


async def test_name_is_looked_up_once_and_that_address_connected_to(
    app: FastAPI,
    resources: Resources,
    listen: Call,
    submit: Call,
    receiver: Receiver,
    deliveries: Call,
) -> None:
    endpoint = await listen(url=f"http://rebind.example:{receiver.port}/hook")
    resolve = Names(["127.0.0.1"], ["10.0.0.1"])
    sender = Sender(resources.database, LOOPBACK, app.state.sealer, resolve)
    await submit()
    await sender.send_due()
    assert receiver.received[0].headers["host"] == f"rebind.example:{receiver.port}"
    assert resolve.asked == [("rebind.example", receiver.port)]

    receiver.respond = lambda request: Answer(200, {"Connection": "close"})
    await submit()  # over the open connection
    await sender.send_due()
    await submit()  # over a new connection: now the name has another address
    await sender.send_due()
    await sender.stop()
    states = [each["state"] for each in await deliveries(endpoint)]
    assert states == ["delivered", "delivered", "pending"]
    assert len(receiver.received) == 2


async def test_localhost_leads_to_the_loopback_that_is_allowed_and_is_not_looked_up(
    app: FastAPI, resources: Resources, listen: Call, submit: Call, receiver: Receiver
) -> None:
    await listen(url=f"http://localhost:{receiver.port}/hook")
    resolve = Names(["10.0.0.1"])
    sender = Sender(resources.database, LOOPBACK, app.state.sealer, resolve)
    await submit()
    await sender.send_due()
    await sender.stop()
    assert receiver.received[0].headers["host"] == f"localhost:{receiver.port}"
    assert resolve.asked == []


async def test_redirect_to_a_private_address_is_not_followed(
    resources: Resources, listen: Call, submit: Call, receiver: Receiver, deliveries: Call
) -> None:
    inside = f"http://127.0.0.1:{receiver.port}/secret"
    receiver.respond = lambda request: Answer(307, {"Location": inside})
    endpoint = await listen()
    await submit()
    sender = make_sender(resources)
    await sender.send_due()
    await sender.stop()
    assert [request.path for request in receiver.received] == ["/hook"]
    assert (await deliveries(endpoint))[0]["attempts"][0]["status"] == 307


async def test_proxies_of_the_environment_are_not_used(
    listen: Call, submit: Call, sender: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    await listen()
    await submit()
    await sender.send_due()
    assert len(receiver.received) == 1


@pytest.mark.parametrize("url", ["http://nowhere.invalid/", f"http://{'a' * 70}.example/"])
async def test_name_without_an_address_is_a_failure(refused: Call, url: str) -> None:
    assert "cannot be resolved" in await refused(url)


async def test_closed_port_is_a_failure(refused: Call) -> None:
    assert "Connect" in await refused("http://127.0.0.1:1/", *LOOPBACK)


async def test_plain_http_at_an_https_address_is_a_failure(
    refused: Call, receiver: Receiver
) -> None:
    error = await refused(f"https://127.0.0.1:{receiver.port}/", *LOOPBACK)
    assert "SSL" in error or "Connect" in error
    assert receiver.received == []


async def test_name_that_is_slow_to_look_up_is_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go, asked = threading.Event(), []

    def slow(host: str, port: int) -> list[str]:
        asked.append(host)
        go.wait(8)
        return ["127.0.0.1"]

    monkeypatch.setattr("mergehub.kit.outbound.guarded._addresses", slow)
    resolver = Resolver()
    waiting = [asyncio.create_task(resolver("slow.example", 80)) for _ in range(50)]
    await asyncio.sleep(0)
    waiting.pop().cancel()
    go.set()
    assert await asyncio.gather(*waiting) == [["127.0.0.1"]] * 49
    assert asked == ["slow.example"]
