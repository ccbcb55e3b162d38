"""One attempt at a delivery: a signed POST, and its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import httpcore
import httpx

from mergehub import __version__
from mergehub.backoff import retry_after
from mergehub.kit.identity.sealing import SealBroken, Sealer
from mergehub.kit.outbound.addresses import AddressRefused, Network
from mergehub.kit.outbound.guarded import GuardedBackend, Resolve
from mergehub.kit.telemetry.traces import traceparent
from registry.webhooks.sending.connections import Connections
from registry.webhooks.signing import signed_headers

REQUEST_SECONDS = 20.0
ANSWER_BYTES = 4096
ANSWER_CHARACTERS = 1000
ERROR_CHARACTERS = 500
USER_AGENT = f"Mergehub-Webhooks/{__version__}"


class Sealed(NamedTuple):
    """A secret as it is stored, and the place that it was sealed for."""

    text: str
    place: str


@dataclass(frozen=True)
class Letter:
    """A request to send, with the secrets valid now and the receiver's own token, if it has one."""

    url: str
    secrets: Sequence[Sealed]
    bearer_token: Sealed | None
    message: str
    body: bytes

    @property
    def sealed(self) -> Sequence[Sealed]:
        """Everything that is to be opened."""
        return self.secrets if self.bearer_token is None else [*self.secrets, self.bearer_token]


@dataclass(frozen=True)
class Reply:
    """The answer to a letter; `error` says why there is none."""

    milliseconds: int
    status: int | None = None
    retry_after: float | None = None
    answer: str = ""
    error: str | None = None


class Post:
    """Sends letters over kept connections, without redirects and proxies."""

    def __init__(self, allowed: Collection[Network], sealer: Sealer, resolve: Resolve) -> None:
        self._sealer = sealer
        self._connections = Connections(GuardedBackend(allowed, resolve))

    async def send(self, letter: Letter) -> Reply:
        """Send `letter` and return its answer, or the error in its place."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await self._exchange(letter, started)
        except TimeoutError:
            error = f"No answer within {REQUEST_SECONDS:g} s."
        except AddressRefused as refused:
            error = f"Refused: {refused}"
        except SealBroken:
            error = "The endpoint's secret cannot be read. Rotate it."
        except Exception as failed:  # or a letter that cannot be sent would be retried for ever
            error = f"{type(failed).__name__}: {failed}"
        return Reply(_since(started), error=_storable(error, ERROR_CHARACTERS))

    async def _exchange(self, letter: Letter, started: float) -> Reply:
        url = httpx.URL(letter.url)
        secrets = [self._sealer.open(*each) for each in letter.secrets]
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": USER_AGENT,
            "Content-Type": "application/json",
            "Content-Length": str(len(letter.body)),
            "Accept-Encoding": "identity",
            **signed_headers(secrets, letter.message, int(time.time()), letter.body),
        }
        if letter.bearer_token is not None:
            headers["Authorization"] = f"Bearer {self._sealer.open(*letter.bearer_token)}"
        if trace := traceparent():
            headers["traceparent"] = trace
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        request = httpcore.Request(
            "POST", target, headers=list(headers.items()), content=letter.body
        )
        async with self._connections.exchange(request) as response:
            return Reply(
                status=response.status,
                retry_after=retry_after(_header(response, b"retry-after")),
                answer=await _beginning(response),
                milliseconds=_since(started),
            )

    async def close(self) -> None:
        await self._connections.close()


def _header(response: httpcore.Response, name: bytes) -> str | None:
    return next((v.decode("latin-1") for n, v in response.headers if n.lower() == name), None)


async def _beginning(response: httpcore.Response) -> str:
    """The first characters of an answer's body; the status counts even if the body breaks off."""
    body = b""
    try:
        async with asyncio.timeout(REQUEST_SECONDS / 4):
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) >= ANSWER_BYTES:
                    break
    except (TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    return _storable(body[:ANSWER_BYTES].decode(errors="replace"), ANSWER_CHARACTERS)


def _storable(text: str, characters: int) -> str:
    """The beginning of a text, without characters that PostgreSQL cannot store."""
    return text[:characters].replace("\0", "�").encode(errors="replace").decode()


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
