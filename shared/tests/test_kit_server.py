"""Slow clients over raw sockets: each is disconnected, and none delays the others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext, suppress
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from mergehub.kit.http.problem_handlers import install_problems
from mergehub.kit.http.server import PatientProtocol
from mergehub.kit.middleware.time_limits import TimeLimit

GET = b"GET /thing HTTP/1.1\r\nHost: kit\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class HastyProtocol(PatientProtocol):
    HEAD_SECONDS = 0.3
    STUCK_SECONDS = 0.3


class HastyLimit(TimeLimit):
    GRACE_SECONDS = 0.3
    BYTES_A_SECOND = 1000


class Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app = FastAPI()
    app.state.ended = asyncio.Event()
    app.add_middleware(HastyLimit, seconds=60)
    install_problems(app)
    app.get("/thing")(lambda: "read")

    @app.post("/thing")
    async def post(body: list[int]) -> str:
        return "read"

    @app.post("/headers")
    async def headers(request: Request, body: list[int]) -> list[list[str]]:
        return [[name, value] for name, value in request.headers.items()]

    @app.get("/flood")
    async def flood() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b" " * (1 << 16)
                    await asyncio.sleep(0)
            finally:
                app.state.ended.set()

        return StreamingResponse(chunks())

    @app.get("/quiet")
    async def quiet() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"begun "
            await asyncio.sleep(3 * HastyProtocol.HEAD_SECONDS)
            yield b"ended"

        return StreamingResponse(chunks())

    return app


@pytest.fixture(scope="module")
async def connect(app: FastAPI) -> AsyncIterator[Callable[[], Awaitable[Streams]]]:
    opened: list[asyncio.StreamWriter] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, http=HastyProtocol, log_level="warning", lifespan="off", ws="none"
        )
        server = Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))

        async def connect() -> Streams:
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            opened.append(writer)
            return reader, writer

        yield connect
        for writer in opened:
            writer.close()
        server.should_exit = True
        await task


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Everything up to the end of the connection, which must come in time."""
    async with asyncio.timeout(10):
        return await reader.read()


async def answered(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(10):
        return await reader.readuntil(b'"read"')


async def test_a_connection_that_asks_nothing_is_closed(connect: Any) -> None:
    reader, _ = await connect()
    assert await rest(reader) == b""


async def test_half_a_head_is_not_waited_for(connect: Any) -> None:
    reader, writer = await connect()
    writer.write(GET[:20])
    assert (await rest(reader)).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


async def test_drops_do_not_make_it_longer(connect: Any) -> None:
    reader, writer = await connect()

    async def drip() -> None:
        writer.write(b"GET /thing HTTP/1.1\r\n")
        while not writer.is_closing():
            writer.write(b"X: y\r\n")
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    # Only the answer: a reset may follow, since data is still on its way.
    assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    dripping.cancel()


ENOUGH = 32 << 20
"""More than the buffers of both ends of a connection hold: a server that takes it all reads it."""


def flood(address: tuple[str, int], head: bytes, piece: bytes) -> tuple[int, bytes]:
    """Send `piece` again and again, ENOUGH bytes in all; returns the bytes taken and the answer."""
    taken, answer = 0, b""
    with socket.create_connection(address, timeout=10) as client, suppress(ConnectionError):
        try:
            client.sendall(head)
            while taken < ENOUGH:
                taken += client.send(piece)
        finally:
            while received := client.recv(1 << 16):
                answer += received
    return taken, answer


HEADS = {
    "request line": (b"GET /", b"y" * 65536),
    "query": (b"GET /thing?", b"y=z&" * 16384),
    "header": (b"GET /thing HTTP/1.1\r\nX: ", b"y" * 65536),
    "header name": (b"GET /thing HTTP/1.1\r\n", b"y" * 65536),
    "headers": (b"GET /thing HTTP/1.1\r\n", b"X: y\r\n" * 10_000),
}


@pytest.mark.parametrize("endless", HEADS)
async def test_a_head_without_end_is_cut_off(connect: Any, endless: str) -> None:
    _, writer = await connect()
    address = writer.get_extra_info("peername")
    taken, answer = await asyncio.to_thread(flood, address, *HEADS[endless])
    assert taken < ENOUGH
    assert answer.startswith(b"HTTP/1.1 431 ")


CHUNKED = (
    b"POST /thing HTTP/1.1\r\nHost: kit\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
TRAILERS = CHUNKED + b"2\r\n[]\r\n0\r\n"
FRAMING = {
    "trailer": (TRAILERS + b"X: ", b"y" * 65536),
    "trailers": (TRAILERS, b"X: y\r\n" * 10_000),
    "extension": (CHUNKED + b"2;x=", b"y" * 65536),
    "extensions": (CHUNKED + b"2", b";x=y" * 16384),
    "extensions of many chunks": (CHUNKED, b"1;x=" + b"y" * 1000 + b"\r\n \r\n"),
    "leading zeros": (CHUNKED, b"0" * 65536),
}


@pytest.mark.parametrize("endless", FRAMING)
async def test_what_frames_a_body_has_an_end(connect: Any, endless: str) -> None:
    _, writer = await connect()
    address = writer.get_extra_info("peername")
    taken, answer = await asyncio.to_thread(flood, address, *FRAMING[endless])
    assert taken < ENOUGH
    assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))


async def test_a_body_in_chunks_of_one_byte_is_taken_with_its_trailers(connect: Any) -> None:
    reader, writer = await connect()
    body = b"[" + b" " * 50_000 + b"]"
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    for _ in range(2):
        writer.write(CHUNKED + chunks + b"0\r\nX-Sum: 7\r\n\r\n")
        assert b"200 OK" in await answered(reader)


async def test_who_was_answered_and_goes_on_sending_gets_no_second_answer(connect: Any) -> None:
    _, writer = await connect()
    address = writer.get_extra_info("peername")
    head = POST.replace(b"/thing", b"/nowhere") + b"Content-Length: 99999999\r\n\r\n"
    taken, answer = await asyncio.to_thread(flood, address, head, b" " * 65536)
    assert taken < ENOUGH
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.count(b"HTTP/1.1") == 1


async def test_trailers_change_nothing_of_the_head(connect: Any) -> None:
    reader, writer = await connect()
    forged = b"Authorization: Bearer forged\r\nHost: evil.org\r\nX-Late: 1\r\n\r\n"
    head = CHUNKED.replace(b"/thing", b"/headers")
    writer.write(head + b"2\r\n[]\r\n0\r\n" + forged + GET)
    async with asyncio.timeout(10):
        told = await reader.readuntil(b"]]")
    assert b'"host"' in told
    for name in (b"authorization", b"evil.org", b"x-late"):
        assert name not in told


@pytest.mark.parametrize(
    ("target", "host"),
    [
        (b"http://evil.org/headers", b"evil.org"),
        (b"HTTP://kit.example:8000/headers?a=b", b"kit.example:8000"),
        (b"http://me@evil.org/headers", b"me@evil.org"),
        (b"/headers", b"kit"),
    ],
)
async def test_the_host_of_an_absolute_target_counts(
    connect: Any, target: bytes, host: bytes
) -> None:
    reader, writer = await connect()
    writer.write(CHUNKED.replace(b"/thing", target) + b"2\r\n[]\r\n0\r\n\r\n")
    async with asyncio.timeout(10):
        told = await reader.readuntil(b"]]")
    assert told.count(b'"host"') == 1
    assert b'"%s"' % host in told


@pytest.mark.parametrize(
    "request_line",
    [b"CONNECT evil.org:80 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"GET evil.org HTTP/1.1",
     b"GET http:// HTTP/1.1", b"GET http://[::1 HTTP/1.1", b"GET  HTTP/1.1", b"GET /thing HTTP/9.9",
     b"GET /th ing HTTP/1.1", b"GET /thing\x00 HTTP/1.1", b"get /thing HTTP/1.1"],
)  # fmt: skip
async def test_a_target_that_cannot_be_read_is_a_fault_of_the_caller(
    connect: Any, request_line: bytes
) -> None:
    reader, writer = await connect()
    writer.write(request_line + b"\r\nHost: kit\r\nConnection: close\r\n\r\n")
    assert (await rest(reader)).startswith(b"HTTP/1.1 4")


async def test_two_lengths_at_once_are_refused(connect: Any) -> None:
    reader, writer = await connect()
    writer.write(CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n") + b"[]")
    assert (await rest(reader)).startswith(b"HTTP/1.1 400 ")


async def test_requests_in_time_share_a_connection(connect: Any) -> None:
    reader, writer = await connect()
    for _ in range(3):
        writer.write(GET)
        assert b"200 OK" in await answered(reader)
    writer.write(GET[:20])
    assert (await rest(reader)).startswith(b"HTTP/1.1 408")


async def test_empty_lines_are_no_request(connect: Any) -> None:
    reader, writer = await connect()
    writer.write(GET)
    await answered(reader)
    writer.write(b"\r\n")
    assert (await rest(reader)).startswith(b"HTTP/1.1 408")


async def test_an_answer_may_take_longer_than_a_head(connect: Any) -> None:
    reader, writer = await connect()
    writer.write(b"GET /quiet HTTP/1.1\r\nHost: kit\r\nConnection: close\r\n\r\n")
    assert b"ended" in await rest(reader)


POST = b"POST /thing HTTP/1.1\r\nHost: kit\r\nContent-Type: application/json\r\n"


async def test_a_body_by_drops_is_answered_and_cut_off(connect: Any) -> None:
    reader, writer = await connect()
    writer.write(POST + b"Content-Length: 1000\r\n\r\n[")

    async def drip() -> None:
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    answer = await reader.readuntil(b'"code":"request-too-slow"')
    assert answer.startswith(b"HTTP/1.1 408 ")
    with suppress(ConnectionResetError):  # a client that goes on sending may get a reset
        await rest(reader)
    dripping.cancel()


async def test_a_large_body_may_take_its_time_while_it_comes(connect: Any) -> None:
    reader, writer = await connect()
    writer.write(POST + b"Content-Length: 3002\r\n\r\n[")
    for _ in range(30):  # twice as long as a small body may take
        writer.write(b" " * 100)
        await asyncio.sleep(0.02)
    writer.write(b"]")
    assert b"200 OK" in await answered(reader)


async def test_who_takes_nothing_is_cut_off_and_the_work_ends(app: FastAPI, connect: Any) -> None:
    _, writer = await connect()
    writer.transport.pause_reading()
    writer.write(b"GET /flood HTTP/1.1\r\nHost: kit\r\n\r\n")
    async with asyncio.timeout(20):
        await app.state.ended.wait()


async def test_dawdlers_keep_nobody_waiting(connect: Any) -> None:
    dawdlers = [await connect() for _ in range(50)]
    for _, writer in dawdlers:
        writer.write(GET[:10])
    reader, writer = await connect()
    writer.write(GET)
    assert b"200 OK" in await answered(reader)
