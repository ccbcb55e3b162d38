"""A light HTTP client that keeps some connections busy with one GET, and counts the answers."""

from __future__ import annotations

import asyncio
import re
import time

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class _Asker(asyncio.Protocol):
    """One connection: the next request goes out when the last answer is whole."""

    def __init__(self, request: bytes, until: float) -> None:
        self._request, self._until = request, until
        self._buffer = bytearray()
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        length = LENGTH.search(self._buffer, 0, head + 2) if head >= 0 else None
        if length is None or len(self._buffer) < head + 4 + int(length[1]):
            return
        if not self._buffer.startswith(b"HTTP/1.1 200 "):
            self.ended.set_exception(RuntimeError(self._buffer.decode()))
            self._transport.close()
            return
        self._buffer.clear()
        self._count += 1
        if time.perf_counter() < self._until:
            self._transport.write(self._request)
        else:
            self.ended.set_result(self._count)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionResetError("closed by the server"))


async def load(port: int, path: str, token: str | None, connections: int, seconds: float) -> float:
    """Answers a second to GET `path` on 127.0.0.1. Raises RuntimeError for any but 200."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n{bearer}\r\n".encode()
    loop, started = asyncio.get_running_loop(), time.perf_counter()
    askers = []
    for _ in range(connections):
        _, asker = await loop.create_connection(
            lambda: _Asker(request, started + seconds), "127.0.0.1", port
        )
        askers.append(asker)
    counts = await asyncio.gather(*(asker.ended for asker in askers))
    return sum(counts) / (time.perf_counter() - started)
