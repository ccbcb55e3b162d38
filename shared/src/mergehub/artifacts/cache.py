"""The models on this machine that a bucket has as well, up to a limit in bytes.

    runs/<run id>            a model, from the moment that it is whole
    runs/<run id>.fetching   a download
    runs/<run id>.evicted    on its way out
    records/<run id>.json    the record of a model that the bucket has; its time is the last use
    locks/<run id>           shared by its readers, exclusive for who fetches or evicts it

A model without a record has been made here and is not stored yet, so it is never evicted.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from mergehub.artifacts.folder_store import PARTIAL, run_ids
from mergehub.artifacts.locks import Lock
from mergehub.artifacts.record import Record

FETCHING, EVICTED, RECORD = ".fetching", ".evicted", ".json"
SPARE_BYTES = 1 << 30  # of the disk, which eviction keeps free if it can


@dataclass(frozen=True)
class _Entry:
    run: UUID
    bytes: int
    used: float


class Cache:
    """The folder with those models, which processes of one machine may share."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder, self._limit = folder, limit
        self.models = folder / "runs"

    def path(self, run: UUID) -> Path:
        return self.models / str(run)

    def fetching(self, run: UUID) -> Path:
        return self.models / f"{run}{FETCHING}"

    def lock(self, run: UUID) -> Lock:
        return Lock(self._folder / "locks" / str(run))

    def record(self, run: UUID) -> Record | None:
        """The record of a whole model here that is stored, or None."""
        try:
            found = Record.model_validate_json(self._record(run).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        return found if self.path(run).is_dir() else None

    def enter(self, record: Record) -> None:
        """Note that the model here is the one that is stored."""
        path = self._record(record.run)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(record.model_dump_json(), encoding="utf-8")
        fresh.replace(path)

    def use(self, run: UUID) -> None:
        """Note that the model is used now."""
        os.utime(self._record(run))

    def unstored(self) -> set[UUID]:
        """The runs whose models were made here, in part or whole, and are not stored."""
        whole = {run for run in run_ids(self.models, "") if self.record(run) is None}
        return whole | set(run_ids(self.models, PARTIAL))

    def forget(self, run: UUID) -> None:
        """Remove all that is here of a run, unless a process reads it."""
        shutil.rmtree(self.models / f"{run}{PARTIAL}", ignore_errors=True)
        self._evict(run)

    def forget_unstored(self, run: UUID) -> None:
        """Remove what was made here of a run and is not stored."""
        if self.record(run) is None:
            self._evict(run)
        shutil.rmtree(self.models / f"{run}{PARTIAL}", ignore_errors=True)

    def make_room(self, needed: int) -> None:
        """Evict models, the least recently used first, until `needed` bytes more fit.

        Models that a process reads stay, even if the limit is exceeded.
        """
        self._clear()
        entries = self._entries()
        held = sum(entry.bytes for entry in entries)
        for entry in entries:
            if held + needed <= self._limit and self._free() >= needed + SPARE_BYTES:
                return
            if self._evict(entry.run):
                held -= entry.bytes

    def reclaimable(self) -> int:
        """The bytes of the models that could be evicted now."""
        return sum(entry.bytes for entry in self._entries() if self._is_idle(entry.run))

    def _record(self, run: UUID) -> Path:
        return self._folder / "records" / f"{run}{RECORD}"

    def _entries(self) -> list[_Entry]:
        """The stored models here, the least recently used first."""
        return sorted(self._listed(), key=lambda entry: entry.used)

    def _listed(self) -> Iterator[_Entry]:
        for run in run_ids(self._folder / "records", RECORD):
            record = self.record(run)
            try:
                used = self._record(run).stat().st_mtime
            except FileNotFoundError:  # evicted by another process just now
                continue
            yield _Entry(run, record.bytes if record else 0, used)

    def _clear(self) -> None:
        """Finish evictions, and drop downloads, of processes that have ended."""
        for ending in (EVICTED, FETCHING):
            for run in list(run_ids(self.models, ending)):
                lock = self.lock(run)
                if lock.take(alone=True, wait=False):
                    shutil.rmtree(self.models / f"{run}{ending}", ignore_errors=True)
                    lock.release()

    def _evict(self, run: UUID) -> bool:
        """Remove a model unless a process reads it; a crash leaves it whole, or for `_clear`."""
        lock = self.lock(run)
        if not lock.take(alone=True, wait=False):
            return False
        leaving = self.models / f"{run}{EVICTED}"
        shutil.rmtree(leaving, ignore_errors=True)
        if self.path(run).is_dir():
            self.path(run).rename(leaving)
        self._record(run).unlink(missing_ok=True)
        shutil.rmtree(leaving, ignore_errors=True)
        shutil.rmtree(self.fetching(run), ignore_errors=True)
        lock.remove()
        return True

    def _is_idle(self, run: UUID) -> bool:
        lock = self.lock(run)
        if idle := lock.take(alone=True, wait=False):
            lock.release()
        return idle

    def _free(self) -> int:
        self.models.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self.models).free
