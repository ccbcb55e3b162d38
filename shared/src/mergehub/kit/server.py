"""uvicorn's HTTP protocol with an end to its patience: clients that dawdle lose the connection.

For the command line of uvicorn: `--http mergehub.kit.server:PatientProtocol`.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PatientProtocol(HttpToolsProtocol):
    """A request's head comes within HEAD_SECONDS and HEAD_BYTES; what we send is taken in time.

    While a client takes nothing, what we send piles up: after STUCK_SECONDS it is cut off. Bodies
    are watched by `mergehub.kit.time_limits`.
    """

    HEAD_SECONDS = 10.0
    HEAD_BYTES = 64 << 10
    STUCK_SECONDS = 30.0

    _head: TimerHandle | None = None
    _head_bytes = 0
    _in_head = False
    _stuck: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head, self._stuck):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head or self.cycle is None or self.cycle.response_complete:
            self._expect_head()  # most heads come whole, and cost no timer
            self._head_bytes += len(data)
            if self._head_bytes > self.HEAD_BYTES:
                self.transport.abort()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._head is not None:
            self._head.cancel()
        self._head, self._head_bytes, self._in_head = None, 0, False
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck = self.loop.call_later(self.STUCK_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
        super().resume_writing()

    def _expect_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(self.HEAD_SECONDS, self._too_slow)

    def _too_slow(self) -> None:
        if self._head_bytes and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(TOO_SLOW)
        self.transport.close()
