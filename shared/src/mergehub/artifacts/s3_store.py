"""A store in a bucket. The record of a model is written last and makes it visible.

    runs/<run id>.json                 the record
    files/<run id>/<sha256>/<name>     the files; the same bytes have the same key
    unfinished/<run id>/<fence>        an attempt has begun to store a model

Only records are replaced, under a condition: those of older attempts, by newer ones.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from mergehub.artifacts.bucket import Bucket
from mergehub.artifacts.cache import Cache
from mergehub.artifacts.locks import Lock
from mergehub.artifacts.record import (
    Record,
    StoredFile,
    described_file,
    record_of,
    regular_files,
)
from mergehub.artifacts.s3_faults import Conflict
from mergehub.artifacts.s3_files import download, upload
from mergehub.artifacts.s3_reading import S3Reading
from mergehub.artifacts.store import Damaged, NotStored, OnBytes, StoreFault, Superseded
from mergehub.artifacts.transfer import Counter

RECORD = ".json"


class S3Store:
    """Models in a bucket, with a cache on this machine, in which they are also made."""

    def __init__(self, bucket: Bucket, cache: Cache) -> None:
        self._bucket, self._cache = bucket, cache
        self._held: dict[UUID, Lock] = {}

    def local(self, run: UUID) -> Path:
        return self._cache.path(run)

    def has(self, run: UUID) -> bool:
        return self._stored(run) is not None

    def record(self, run: UUID) -> Record:
        if (found := self._stored(run)) is None:
            raise NotStored(f"There is no model of run {run} in {self._bucket.place.url}.")
        return found[0]

    def put(
        self,
        run: UUID,
        fence: int,
        on_bytes: OnBytes | None = None,
        *,
        source: Path | None = None,
    ) -> None:
        folder = source or self.local(run)
        if not folder.is_dir():
            raise NotStored(f"There is no finished model of run {run} in {folder}.")
        try:
            counter = Counter(sum(map(_size, regular_files(folder))), on_bytes)
            record = record_of(folder, run, fence, lambda _: counter.add(0))
        except ValueError as error:
            raise StoreFault(str(error)) from error
        self._send(record, folder, counter)
        self._send(record, folder, Counter(record.bytes, None))  # if another removed one meanwhile
        self._commit(record)
        if folder == self.local(run):
            self._cache.enter(record)

    def hold(self, run: UUID, on_bytes: OnBytes | None = None) -> Path:
        record = self.record(run)
        lock = self._held.get(run) or self._cache.lock(run)
        while True:
            lock.take(alone=False)
            if self._is_here(record):
                self._cache.use(run)
                self._held[run] = lock
                return self.local(run)
            lock.take(alone=True)
            try:
                if not self._is_here(record):
                    self._fetch(record, on_bytes)
            except BaseException:
                lock.release()
                raise

    def read(self, run: UUID, name: str, file: StoredFile, start: int, stop: int) -> S3Reading:
        return S3Reading(self._bucket, self._file(run, file.sha256, name), start, stop)

    def remove(self, run: UUID) -> None:
        self._bucket.delete([self._key(run)])
        self.tidy(run)
        self._cache.forget(run)

    def tidy(self, run: UUID) -> None:
        markers = [each.key for each in self._bucket.listed(self._marker(run, ""))]
        found = self._stored(run)
        kept = {self._file(run, f.sha256, n) for n, f in found[0].files.items()} if found else set()
        files = self._files(run)
        self._bucket.abandon_uploads(files)
        self._bucket.delete(each.key for each in self._bucket.listed(files) if each.key not in kept)
        self._bucket.delete(markers)
        self._cache.forget_unstored(run)

    def runs(self) -> Iterator[UUID]:
        prefix = self._bucket.place.key("runs", "")
        for each in self._bucket.listed(prefix):
            if run := _run(each.key.removeprefix(prefix).removesuffix(RECORD)):
                yield run

    def unfinished(self) -> set[UUID]:
        prefix = self._bucket.place.key("unfinished", "")
        names = (each.key.removeprefix(prefix) for each in self._bucket.listed(prefix))
        marked = {_run(name.partition("/")[0]) for name in names}
        return {run for run in marked if run is not None} | self._cache.unstored()

    def reclaimable(self) -> int:
        return self._cache.reclaimable()

    def make_room(self, needed: int) -> None:
        self._cache.make_room(needed)

    def close(self) -> None:
        for lock in self._held.values():
            lock.release()
        self._held.clear()

    def _send(self, record: Record, folder: Path, counter: Counter) -> None:
        """Upload what is not there yet."""
        there = {each.key: each.bytes for each in self._bucket.listed(self._files(record.run))}
        for name, file in record.files.items():
            key = self._file(record.run, file.sha256, name)
            if there.get(key) == file.bytes:
                counter.add(file.bytes)
                continue
            # Each time, since another worker may have tidied up after the run's end.
            self._bucket.write(self._marker(record.run, str(record.fence)), b"")
            upload(self._bucket, folder / name, key, counter)

    def _commit(self, record: Record) -> None:
        """Make the record visible unless a newer attempt, or this one, has stored another model."""
        key, content = self._key(record.run), record.model_dump_json().encode()
        while True:
            found = self._stored(record.run)
            if found is not None:
                if found[0].files == record.files:
                    return
                if found[0].fence >= record.fence:
                    raise Superseded(
                        f"Attempt {record.fence} at run {record.run} is too late: attempt "
                        f"{found[0].fence} has stored another model."
                    )
            try:
                self._bucket.write_over(key, content, found[1] if found else None)
                return
            except Conflict:  # another attempt was faster; or an answer was lost, and it was us
                continue

    def _stored(self, run: UUID) -> tuple[Record, str] | None:
        """The record of a run's model and its entity tag."""
        key = self._key(run)
        try:
            content, tag = self._bucket.read(key)
        except NotStored:
            return None
        try:
            record = Record.model_validate_json(content)
        except ValidationError as error:
            raise Damaged(f"{key} in bucket {self._bucket.place.bucket} is no record.") from error
        return record, tag

    def _is_here(self, record: Record) -> bool:
        here = self._cache.record(record.run)
        return here is not None and here.files == record.files

    def _fetch(self, record: Record, on_bytes: OnBytes | None) -> None:
        """Download a model and verify it; it appears in the cache at once."""
        coming, target = self._cache.fetching(record.run), self.local(record.run)
        self._cache.make_room(record.bytes)
        shutil.rmtree(coming, ignore_errors=True)
        counter = Counter(record.bytes, on_bytes)
        for name, file in record.files.items():
            path = coming / name
            path.parent.mkdir(parents=True, exist_ok=True)
            key = self._file(record.run, file.sha256, name)
            download(self._bucket, key, file.bytes, path, counter)
            if described_file(path, lambda _: counter.add(0)) != file:
                shutil.rmtree(coming, ignore_errors=True)
                raise Damaged(
                    f"{key} in bucket {self._bucket.place.bucket} is damaged: its SHA-256 is not "
                    "the one that its key names. Restore it from a backup, or retry the run."
                )
        shutil.rmtree(target, ignore_errors=True)  # made here, and never stored
        os.rename(coming, target)
        self._cache.enter(record)

    def _key(self, run: UUID) -> str:
        return self._bucket.place.key("runs", f"{run}{RECORD}")

    def _files(self, run: UUID) -> str:
        return self._bucket.place.key("files", str(run), "")

    def _file(self, run: UUID, sha256: str, name: str) -> str:
        return f"{self._files(run)}{sha256}/{name}"

    def _marker(self, run: UUID, fence: str) -> str:
        return self._bucket.place.key("unfinished", str(run), fence)


def _size(path: Path) -> int:
    return path.stat().st_size


def _run(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
