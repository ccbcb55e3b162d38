"""A hub that gives the answers of a list, one after the other, however bad."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """One request: its path, its headers in lower case, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes


Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    server: Scripted
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        named = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.path, named, sent))
        reply = self.server.replies.pop(0) if self.server.replies else refuse(500)
        reply(self)

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *args: object) -> None: ...

    def begin(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def cut(self) -> None:
        """End the connection as if it was lost."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class Scripted(ThreadingHTTPServer):
    daemon_threads = True
    scheme = "http"

    def __init__(self, *replies: Reply) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies = list(replies)
        self.asked: list[Asked] = []
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def sent(self, header: str) -> list[str | None]:
        """The value of a header in each request."""
        return [each.headers.get(header) for each in self.asked]


@contextmanager
def scripted(*replies: Reply) -> Iterator[Scripted]:
    """A server for a block."""
    with Scripted(*replies) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()


def run(revision: int, state: str = "running") -> dict[str, Any]:
    return {"id": "r", "kind": "merge", "state": state, "revision": revision}


def body(content: object, status: int = 200) -> Reply:
    """An answer in JSON."""

    def reply(handler: Handler) -> None:
        text = json.dumps(content).encode()
        handler.begin(status, Content_Type="application/json", Content_Length=str(len(text)))
        handler.wfile.write(text)

    return reply


def refuse(status: int, **headers: str) -> Reply:
    """An answer of a server that is not a hub."""
    told = b"" if status in (204, 304) else b"<h1>not JSON</h1>"

    def reply(handler: Handler) -> None:
        length = {} if status == 204 else {"Content_Length": str(len(told))}
        handler.begin(status, **headers, **length)
        handler.wfile.write(told)

    return reply


def page(status: int) -> Reply:
    """An HTML page, as other programs' servers send it."""
    return refuse(status, Content_Type="text/html; charset=utf-8")


def lose(handler: Handler) -> None:
    """Give no answer: reset the connection."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.cut()


def hold(handler: Handler) -> None:
    """Give no answer, and keep the connection."""
    handler.server.ended.wait()
    handler.close_connection = True


def stream(*pieces: str, held: bool = False) -> Reply:
    """A stream that is cut after its last piece, or held open."""

    def reply(handler: Handler) -> None:
        handler.begin(200, Content_Type="text/event-stream", Transfer_Encoding="chunked")
        for piece in pieces:
            data = piece.encode()
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        hold(handler) if held else handler.cut()

    return reply


def event(revision: int, state: str = "running") -> str:
    return f"id: {revision}\nevent: run\ndata: {json.dumps(run(revision, state))}\n\n"
