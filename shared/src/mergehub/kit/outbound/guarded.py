"""Connections for httpcore that lead only to addresses that `outbound.addresses` allows.

The name is resolved here, each address is checked, and the connection goes to the checked address
itself. There is no second look-up, so a name that changes its answer gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpcore

from mergehub.kit.outbound.addresses import Network, checked_address, own_addresses
from mergehub.kit.single_flight import SingleFlight

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

ADDRESSES = 4  # how many addresses of a name are tried; more would only use up the time


class Resolver:
    """The system's resolver, with at most one look-up of a name at a time.

    So a name server that does not answer blocks one thread for each name, not one for each try.
    """

    THREADS = 32

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(self.THREADS, "resolver")
        self._asking = SingleFlight[tuple[str, int], list[str]]()

    async def __call__(self, host: str, port: int) -> list[str]:
        """The addresses of `host`. Raises OSError."""
        loop = asyncio.get_running_loop()
        return await self._asking(
            (host, port), lambda: loop.run_in_executor(self._threads, _addresses, host, port)
        )


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses and those in the `allowed` networks; raises AddressRefused."""

    def __init__(self, allowed: Collection[Network], resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        try:
            found = own_addresses(host, self._allowed) or await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
        for address in [checked_address(each, self._allowed) for each in found][:ADDRESSES]:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
