"""Downloads the model of a run: several files at once, resumed by ranges, verified by digest."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from pydantic import TypeAdapter, ValidationError

from mergehub.backoff import Backoff
from mergehub.client import api
from mergehub.client.errors import HubError
from mergehub.client.synchronous import Mergehub
from mergehub.contracts.provenance.files import FilePath

STREAMS = 4
STUMBLES = 6
"""How often in a row a file may stop coming before the download ends."""
BACKOFF = Backoff(first=0.2, longest=5.0)
BLOCK = 1 << 20
PART = 206
AWAY = (502, 503, 504)

OnBytes = Callable[[int, int], object]
"""Called with the bytes that are there and those in all."""

_PATH: TypeAdapter[str] = TypeAdapter(FilePath)


class DownloadFailed(HubError):
    """What arrived is not the file that the hub lists, or cannot be stored here."""

    def __init__(self, detail: str) -> None:
        super().__init__(500, detail, code="download-failed")


def download(
    hub: Mergehub,
    run_id: str | UUID,
    folder: Path,
    *,
    streams: int = STREAMS,
    on_bytes: OnBytes = lambda done, total: None,
) -> Path:
    """Download the model of a run into `folder`, which appears when all of it is there.

    Until then the files are in a folder beside it, named after the run. Called again, it continues
    with what is there. Raises HubError, and FileExistsError if `folder` exists.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists already.")
    told: Any = hub.send(api.get_artifact(run_id))
    if told["size"] is None:
        raise DownloadFailed(
            f"The hub has not read the files of the model of run {run_id} yet. Try again later."
        )
    coming = folder.with_name(f"{folder.name}.{str(told['run'])[:8]}.partial")
    _Download(hub, told, coming, on_bytes).run(streams)
    os.rename(coming, folder)
    return folder


class _Download:
    """The files of one model on their way into a folder."""

    def __init__(
        self, hub: Mergehub, told: Mapping[str, Any], coming: Path, on_bytes: OnBytes
    ) -> None:
        self._hub, self._run, self._coming = hub, told["run"], coming
        self._files = {_checked(each["name"]): each for each in told["files"]}
        self._total = sum(int(each["size"]) for each in told["files"])
        self._on_bytes = on_bytes
        self._done = 0
        self._turn = threading.Lock()
        self._stopped = threading.Event()

    def run(self, streams: int) -> None:
        """Bring all files, the largest first; after an error, no further one is begun."""
        self._coming.mkdir(parents=True, exist_ok=True)
        self._check_room()
        largest = sorted(self._files.values(), key=lambda file: -file["size"])
        with ThreadPoolExecutor(streams, thread_name_prefix="download") as pool:
            try:
                for each in as_completed([pool.submit(self._bring, file) for file in largest]):
                    each.result()
            finally:
                self._stopped.set()
                pool.shutdown(wait=True, cancel_futures=True)

    def _check_room(self) -> None:
        there = sum(path.stat().st_size for path in self._coming.rglob("*") if path.is_file())
        free = shutil.disk_usage(self._coming).free
        if free < self._total - there:
            raise DownloadFailed(
                f"The model has {self._total} bytes, and the disk of {self._coming.parent} has "
                f"{free} bytes left: free some, or name a folder on another disk."
            )

    def _bring(self, file: Mapping[str, Any]) -> None:
        """Bring a file; what an earlier download left of it is verified with the rest."""
        path = self._coming / file["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if 0 < path.stat().st_size <= file["size"] and self._is_brought(file, path):
                return
            path.unlink()
        if not self._is_brought(file, path):
            path.unlink()
            raise DownloadFailed(
                f"{file['name']} did not arrive as the hub lists it: its SHA-256 is not "
                f"{file['sha256']}. Download it again; if that fails, the stored model is damaged."
            )

    def _is_brought(self, file: Mapping[str, Any], path: Path) -> bool:
        """Bring what is missing of a file; returns whether it has its digest then."""
        digest = hashlib.sha256()
        with path.open("ab+") as target:
            target.seek(0)
            while block := target.read(BLOCK):
                digest.update(block)
                self._count(len(block))
            stumbles, pauses = 0, BACKOFF.pauses()
            while (before := target.tell()) < file["size"]:
                try:
                    self._receive(file, target, digest)
                except (httpx.TransportError, HubError) as error:
                    if not _is_full(error):
                        stumbles = 1 if target.tell() > before else stumbles + 1
                    if stumbles > STUMBLES or not _may_pass(error):
                        raise
                    self._stopped.wait(next(pauses))
                if self._stopped.is_set():
                    raise DownloadFailed("The download was stopped.")
            target.flush()
            os.fsync(target.fileno())
        if digest.hexdigest() == file["sha256"]:
            return True
        self._count(-file["size"])
        return False

    def _receive(self, file: Mapping[str, Any], target: Any, digest: Any) -> None:
        """Add to a file what the hub sends of the rest."""
        start = target.tell()
        wanted = {"range": f"bytes={start}-", "if_range": f'"{file["sha256"]}"'} if start else {}
        call = api.download_artifact_file(self._run, file["name"], **wanted)
        with self._hub.opened(call) as answer:
            if start and answer.status_code != PART:
                raise DownloadFailed(f"The hub sends {file['name']} only whole: download it anew.")
            for block in answer.iter_bytes(BLOCK):
                if self._stopped.is_set():
                    return
                if target.tell() + len(block) > file["size"]:
                    raise DownloadFailed(f"The hub sends more of {file['name']} than it lists.")
                target.write(block)
                digest.update(block)
                self._count(len(block))

    def _count(self, count: int) -> None:
        with self._turn:
            self._done += count
            self._on_bytes(self._done, self._total)


def _checked(name: str) -> str:
    try:
        return _PATH.validate_python(name)
    except ValidationError:
        raise DownloadFailed(f"The hub lists a file {name!r}, which is no path in it.") from None


def _is_full(error: Exception) -> bool:
    """Whether the hub sends as many files as it can, so that this one waits for others."""
    return isinstance(error, HubError) and error.code == "too-many-downloads"


def _may_pass(error: Exception) -> bool:
    """Whether asking again may help."""
    return not isinstance(error, HubError) or error.status in AWAY
