"""Hostile receivers: their answers are neither decompressed nor read without end."""

from __future__ import annotations

import asyncio
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from registry.webhooks.sending.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

MIB = 1 << 20
CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"


class Flood:
    """Answers each request with `head` and then with `chunk` again and again, until cut off."""

    def __init__(self, head: bytes, chunk: bytes, most: int | None = None) -> None:
        self._head, self._chunk, self._most = head, chunk, most
        self.cut_off = asyncio.Event()
        self.sent = 0
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionError):
            writer.write(self._head)
            while self._most is None or self.sent < self._most:
                writer.write(self._chunk)
                await writer.drain()
                self.sent += len(self._chunk)
            await reader.read()  # to the end of the connection
        self.cut_off.set()
        writer.close()


@asynccontextmanager
async def flooding(head: bytes, chunk: bytes, most: int | None = None) -> AsyncIterator[Flood]:
    flood = Flood(head, chunk, most)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = await asyncio.start_server(flood.handle, sock=listener)
        flood.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        yield flood
        server.close()


@pytest.fixture
def tried(listen: Call, submit: Call, sender: Sender, deliveries: Call) -> Call:
    """The first attempt of a delivery to a flood that is then cut off, and the peak of memory."""

    async def tried(flood: Flood) -> tuple[Json, int]:
        endpoint = await listen(url=flood.url)
        await submit()
        tracemalloc.start()
        try:
            await sender.send_due()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        async with asyncio.timeout(10):
            await flood.cut_off.wait()
        ((attempt,),) = [each["attempts"] for each in await deliveries(endpoint)]
        return attempt, peak

    return tried


async def test_a_body_without_end_is_cut_off_and_its_status_counts(tried: Call) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with flooding(head, CHUNK) as flood:
        attempt, peak = await tried(flood)
    assert (attempt["status"], attempt["answer"]) == (200, "x" * 1000)
    assert peak < 8 * MIB
    assert flood.sent < 64 * MIB


async def test_a_compressed_answer_is_not_unpacked(tried: Call) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(b"0" * (256 * MIB)) + packer.flush()
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    async with flooding(head, bomb, len(bomb)) as flood:
        attempt, peak = await tried(flood)
    assert attempt["status"] == 200
    assert "0" * 100 not in attempt["answer"]
    assert peak < 8 * MIB


async def test_a_head_without_end_is_cut_off(tried: Call) -> None:
    async with flooding(b"HTTP/1.1 200 OK\r\n", b"X-Padding: " + b"x" * 1000 + b"\r\n") as flood:
        attempt, peak = await tried(flood)
    assert attempt["status"] is None
    assert "ProtocolError" in attempt["error"]
    assert peak < 8 * MIB
    assert flood.sent < 64 * MIB


async def test_answers_before_the_answer_without_end_are_not_waited_for(
    tried: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.webhooks.sending.attempt.REQUEST_SECONDS", 0.3)
    async with flooding(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n") as flood:
        attempt, peak = await tried(flood)
    assert attempt["error"] == "No answer within 0.3 s."
    assert peak < 8 * MIB


async def test_a_body_by_drops_is_not_waited_for(
    tried: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.webhooks.sending.attempt.REQUEST_SECONDS", 0.4)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    async with flooding(head, b"x", most=3) as flood:
        attempt, _ = await tried(flood)
    assert (attempt["status"], attempt["answer"]) == (200, "xxx")
