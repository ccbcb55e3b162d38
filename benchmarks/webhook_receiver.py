"""Two HTTP addresses for benchmarks/webhooks.py: one answers at once, one never does."""

from __future__ import annotations

import asyncio
import re

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Alive(asyncio.Protocol):
    """Answers each request when its whole body has come."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._data = b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            whole = end + 4 + int(LENGTH.search(self._data, 0, end).group(1))
            if len(self._data) < whole:
                return
            self._data = self._data[whole:]
            self._transport.write(ANSWER)


async def main() -> None:
    """Serve until killed; the two addresses are printed."""
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(protocol, "127.0.0.1", 0, backlog=500)
        for protocol in (Alive, asyncio.Protocol)
    ]
    print(*(f"http://127.0.0.1:{s.sockets[0].getsockname()[1]}/hook" for s in servers), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
