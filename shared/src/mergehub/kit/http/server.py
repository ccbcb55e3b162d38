"""uvicorn's HTTP protocol with time limits: it disconnects clients that are too slow.

For the command line of uvicorn: `--http mergehub.kit.http.server:PatientProtocol`.
"""

from __future__ import annotations

import re
from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mergehub.kit.http.waiting import begin_to_end

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_LARGE = TOO_SLOW.replace(b"408 Request Timeout", b"431 Request Header Fields Too Large")
ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


class PatientProtocol(HttpToolsProtocol):
    """Limits the time and size of a request's head, and the time a client may stop reading.

    The head must arrive within HEAD_SECONDS and HEAD_BYTES. A client that reads nothing for
    STUCK_SECONDS while data waits for it is disconnected. `middleware.time_limits` watches bodies.
    The framing of a body (chunk sizes, chunk extensions, trailers) may take HEAD_BYTES, and FRAMING
    more for each byte of the body. Trailers are dropped, so that nothing after the body can change
    what the head decided.
    """

    HEAD_SECONDS = 10.0
    HEAD_BYTES = 64 << 10
    STUCK_SECONDS = 30.0
    FRAMING = 8

    _head: TimerHandle | None = None
    _head_bytes = 0
    _in_head = False
    _stuck: TimerHandle | None = None
    _bodies = 0
    _in_body = 0
    """The number of the body that is being read, or 0."""
    _body_bytes = 0
    _framing_bytes = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head, self._stuck):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The process ends: what only waits for a change is answered now."""
        begin_to_end()
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        body, before = self._in_body, self._body_bytes
        super().data_received(data)
        if body and body == self._in_body:
            self._count_framing(len(data) - (self._body_bytes - before))
        if self._in_head or self.cycle is None or self.cycle.response_complete:
            self._expect_head()  # most heads come in one piece and need no timer
            self._head_bytes += len(data)
            if self._head_bytes > self.HEAD_BYTES:
                waits = self._in_head and (self.cycle is None or self.cycle.response_complete)
                self._end(TOO_LARGE if waits else b"")

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._head is not None:
            self._head.cancel()
        self._head, self._head_bytes, self._in_head = None, 0, False
        self._bodies += 1
        self._in_body, self._body_bytes, self._framing_bytes = self._bodies, 0, 0
        if not self.url.startswith(b"/"):
            self._heed_target()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = 0
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck = self.loop.call_later(self.STUCK_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
        super().resume_writing()

    def _heed_target(self) -> None:
        """Use the host of a target in absolute form instead of `Host` (RFC 9112, 3.2.2)."""
        if target := ABSOLUTE.fullmatch(self.url):
            authority, rest = target.groups()
            self.url = rest if rest.startswith(b"/") else b"/" + rest
            others = [field for field in self.headers if field[0] != b"host"]
            self.headers[:] = [(b"host", authority), *others]

    def _count_framing(self, size: int) -> None:
        self._framing_bytes += size
        if self._framing_bytes > self.HEAD_BYTES + self.FRAMING * self._body_bytes:
            waits = not self.pipeline and not self.cycle.response_started
            self._end(TOO_LARGE if waits else b"")

    def _expect_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(self.HEAD_SECONDS, self._too_slow)

    def _too_slow(self) -> None:
        answers = self.cycle is None or self.cycle.response_complete
        if self._head_bytes and answers and not self.transport.is_closing():
            self.transport.write(TOO_SLOW)
        self.transport.close()

    def _end(self, answer: bytes) -> None:
        """Close the connection; send `answer` first to a request that waits for one."""
        if not self.transport.is_closing():
            self.transport.write(answer)
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
