"""Connections that are kept for the next letter to the same origin.

httpcore's own pool looks at every connection for every request, which took half of a sender's
time. Here a request looks only at the stack of its own origin.
"""

from __future__ import annotations

import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property

import httpcore

IDLE_SECONDS = 20.0
MOST_IDLE = 500

Place = tuple[bytes, bytes, int]


class Connections:
    """Makes connections and keeps free ones; the longest-unused origin's are dropped first."""

    def __init__(self, network: httpcore.AsyncNetworkBackend) -> None:
        self._network = network
        self._free: OrderedDict[Place, list[httpcore.AsyncHTTPConnection]] = OrderedDict()
        self._count = 0

    @asynccontextmanager
    async def exchange(self, request: httpcore.Request) -> AsyncIterator[httpcore.Response]:
        """The response to `request`; the connection is kept if the body was read to the end."""
        origin = request.url.origin
        place = (origin.scheme, origin.host, origin.port)
        connection = await self._kept(place) or httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=self._tls if origin.scheme == b"https" else None,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=self._network,
        )
        try:
            response = await connection.handle_async_request(request)
            try:
                yield response
            finally:
                await response.aclose()
        finally:
            await self._put_back(place, connection)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpcore.default_ssl_context()  # reads all authorities, which only https needs

    async def close(self) -> None:
        """Close the free connections."""
        while self._free:
            await self._close_oldest()

    async def _kept(self, place: Place) -> httpcore.AsyncHTTPConnection | None:
        free = self._free.get(place, [])
        while free:
            self._count -= 1
            connection = free.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return None

    async def _put_back(self, place: Place, connection: httpcore.AsyncHTTPConnection) -> None:
        if not connection.is_idle() or connection.has_expired():
            await connection.aclose()
            return
        self._free.setdefault(place, []).append(connection)
        self._free.move_to_end(place)
        self._count += 1
        while self._count > MOST_IDLE:
            await self._close_oldest()

    async def _close_oldest(self) -> None:
        connections = self._free.popitem(last=False)[1]
        self._count -= len(connections)
        for connection in connections:
            await connection.aclose()
