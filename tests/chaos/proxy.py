"""TCP proxies between the parts of the stack, which can be slow, silent, one-way or broken.

The proxies have a thread and an event loop of their own, so that the driver never delays a byte.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

CHUNK = 1 << 16
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of zero seconds: RST instead of FIN

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """One address in front of one or more servers on Unix sockets, used in turn.

    `delay` delays every chunk; closed gates let nothing through in their direction, although
    connections stay open.
    """

    def __init__(self, servers: Sequence[Path]) -> None:
        self._servers = servers
        self._turn = itertools.count()
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.delay = 0.0
        self.to_server = asyncio.Event()
        self.to_client = asyncio.Event()
        self.port = 0

    async def listen(self) -> None:
        self.to_server.set()
        self.to_client.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    def reset(self) -> None:
        """Break every connection at once."""
        for writer in list(self._open):
            _abort(writer)

    def close(self) -> None:
        for task in self._serving:
            task.cancel()

    async def _serve(self, *client: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        server: Stream | None = None
        try:
            server = await self._connect()
            if server is not None:
                await self._forward(client, server)
        finally:
            self._serving.discard(task)
            for _, writer in (client, *([server] if server else [])):
                self._open.discard(writer)
                writer.close()

    async def _connect(self) -> Stream | None:
        """A connection to the next server that accepts one; servers that are down are skipped."""
        first = next(self._turn)
        for place in range(len(self._servers)):
            path = self._servers[(first + place) % len(self._servers)]
            with suppress(OSError):
                return await asyncio.open_unix_connection(str(path))
        return None

    async def _forward(self, client: Stream, server: Stream) -> None:
        self._open |= {client[1], server[1]}
        pumps = {
            asyncio.create_task(self._pump(client[0], server[1], self.to_server)),
            asyncio.create_task(self._pump(server[0], client[1], self.to_client)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await gate.wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(data)
                await writer.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.family == socket.AF_INET:
        with suppress(OSError):  # closed already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()


class Network:
    """The proxies by name, in their own thread."""

    def __init__(self, servers: dict[str, Sequence[Path]]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network")
        self.proxies = {name: Proxy(paths) for name, paths in servers.items()}

    def __enter__(self) -> Self:
        self._thread.start()
        for proxy in self.proxies.values():
            asyncio.run_coroutine_threadsafe(proxy.listen(), self._loop).result(10)
        return self

    def __exit__(self, *raised: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def port(self, name: str) -> int:
        return self.proxies[name].port

    async def tell(self, act: Callable[[], None]) -> None:
        """Run `act` in the thread of the proxies."""

        async def inside() -> None:
            act()

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(inside(), self._loop))

    async def _end(self) -> None:
        for proxy in self.proxies.values():
            proxy.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
