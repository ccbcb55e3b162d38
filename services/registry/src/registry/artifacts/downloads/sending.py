"""Sends files of models, a bounded number at a time, with threads of their own for the store."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mergehub.artifacts import (
    ArtifactStore,
    Damaged,
    NotStored,
    Reading,
    StoredFile,
    StoreFault,
)
from mergehub.kit.settings.service import ServiceSettings
from registry.artifacts.downloads.errors import (
    ArtifactDamaged,
    NoStore,
    StoreAway,
    TooManyDownloads,
)
from registry.artifacts.downloads.ranges import Span
from registry.artifacts.errors import ArtifactGone
from registry.artifacts.service import gone
from registry.stored.models import FileRow

log = structlog.get_logger()

THREADS = 8
Result = TypeVar("Result")


class Downloads:
    """The files that this process sends: at most `downloads` of them, half of that to one caller.

    Reading from the store blocks; it has threads of its own, so no other request waits for it.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._most = settings.downloads
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="download")
        self._opening = Lock()
        self._store: ArtifactStore | None = None
        self._sent: Counter[str] = Counter()

    async def open(self, caller: str, file: FileRow, span: Span) -> Opened:
        """A range of a file, to be sent to `caller`; it must be closed.

        Raises TooManyDownloads, NoStore, ArtifactGone, ArtifactDamaged and StoreAway.
        """
        if self._sent.total() >= self._most or self._sent[caller] >= max(1, self._most // 2):
            raise TooManyDownloads(
                f"This process of the hub sends at most {self._most} files at the same time, half "
                "of them to one caller."
            )
        self._sent[caller] += 1
        opened = Opened(self, caller)
        try:
            await self.work(opened.open, file.run_id, file.name, file.size, file.sha256, span)
        except BaseException as error:
            await asyncio.shield(opened.close())
            if isinstance(error, StoreFault):
                raise _problem(error, file.run_id) from error
            raise
        return opened

    async def work(self, do: Callable[..., Result], *arguments: Any) -> Result:
        """Return what `do` does in one of the threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, do, *arguments)

    def store(self) -> ArtifactStore:
        """The store, opened when it is first needed. Raises NoStore and StoreFault."""
        with self._opening:
            if self._store is None:
                self._store = self._settings.open_store()
        if self._store is None:
            raise NoStore("MERGEHUB_ARTIFACTS is not set for the registry.")
        return self._store

    def ended(self, caller: str) -> None:
        """Note that a file is sent no more."""
        self._sent[caller] -= 1
        if not self._sent[caller]:
            del self._sent[caller]

    async def close(self) -> None:
        """End the threads, once they have done what they do."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)


class Opened:
    """A range of a file that is being sent. One thread at a time reads it or closes it."""

    def __init__(self, downloads: Downloads, caller: str) -> None:
        self._downloads, self._caller = downloads, caller
        self._turn = Lock()
        self._reading: Reading | None = None
        self._closed = False

    def open(self, run: UUID, name: str, size: int, sha256: str, span: Span) -> None:
        with self._turn:
            if not self._closed:
                file = StoredFile(bytes=size, sha256=sha256)
                self._reading = self._downloads.store().read(run, name, file, *span)

    async def blocks(self) -> AsyncIterator[bytes]:
        """The bytes, block by block."""
        while block := await self._downloads.work(self._block):
            yield block

    async def close(self) -> None:
        """Let go of the file, and make room for another. Closing again changes nothing."""
        if not self._closed:
            self._closed = True
            self._downloads.ended(self._caller)
            await self._downloads.work(self._release)

    def _block(self) -> bytes:
        with self._turn:
            return b"" if self._closed or self._reading is None else self._reading.block()

    def _release(self) -> None:
        with self._turn:
            if self._reading is not None:
                self._reading.close()
            self._reading = None


class Sent(StreamingResponse):
    """The response that sends an opened file, and closes it even if the client goes away."""

    def __init__(self, opened: Opened, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(opened.blocks(), status_code=status, headers=headers)
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except StoreFault as error:  # after the head: all that is left is to break the connection
            log.warning("download.broken", path=scope["path"], error=str(error))
            raise
        finally:
            await asyncio.shield(self._opened.close())


def _problem(error: StoreFault, run_id: UUID) -> ArtifactGone | ArtifactDamaged | StoreAway:
    """The problem of a fault; its message may name what only the operator should know."""
    log.warning("download.refused", run=str(run_id), error=str(error))
    if isinstance(error, NotStored):
        return gone(run_id, "Its files are missing from the store.", None)
    if isinstance(error, Damaged):
        return ArtifactDamaged(f"The stored model of run {run_id} is damaged.")
    return StoreAway("The store of the models does not answer the registry.")
