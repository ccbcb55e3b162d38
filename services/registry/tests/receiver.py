"""A real HTTP receiver of webhooks, which answers as a test wants and records each request."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, Any]:
        """Return the payload, if the official library accepts the signature."""
        payload: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return payload


Respond = Callable[[Received], "Answer"]


@dataclass(frozen=True)
class Answer:
    """An answer; a silent one sends nothing until the receiver closes."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    silent: bool = False


def answers(*given: Answer | int) -> Respond:
    """Give these answers in turn, and then the last one for ever."""
    left = [each if isinstance(each, Answer) else Answer(each) for each in given]
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


class Receiver:
    """Answers 200 unless `respond` says otherwise."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.respond: Respond = lambda request: Answer()
        self.arrived = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read(reader):
                self.received.append(request)
                self.arrived.set()
                answer = self.respond(request)
                if answer.silent:
                    await reader.read()
                    return
                writer.write(_written(answer))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a loopback port while the block lasts."""
    receiver = Receiver()
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        server = await asyncio.start_server(receiver.handle, sock=listener, ssl=tls)
        receiver.port = listener.getsockname()[1]
        yield receiver
        server.close()


async def _read(reader: asyncio.StreamReader) -> Received | None:
    start = await reader.readexactly(1)
    if not start.isalpha():  # TLS
        return None
    head = start + await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")[:-2]
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Received(first.split(" ")[1], headers, body)


def _written(answer: Answer) -> bytes:
    headers = {"Content-Length": str(len(answer.body))} | answer.headers
    lines = [f"HTTP/1.1 {answer.status} Told", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + answer.body
