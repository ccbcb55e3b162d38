"""Files of a backup, in a folder or in a bucket."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from mergehub.artifacts import NotStored, S3Place
from mergehub.artifacts.bucket import Bucket
from mergehub.artifacts.s3_files import download, upload
from mergehub.artifacts.transfer import Counter


class Shelf(Protocol):
    """Files by their names, such as `backups/x/manifest.json`."""

    def read(self, name: str) -> bytes:
        """A small file. Raises NotStored."""

    def write(self, name: str, content: bytes) -> None:
        """Write a small file; it appears whole."""

    def put(self, name: str, source: Path) -> None:
        """Store a large file."""

    def get(self, name: str, size: int, target: Path) -> None:
        """Copy a large file into a new one. Raises NotStored."""

    def names(self, prefix: str) -> Iterator[str]:
        """All names that begin with a prefix, sorted."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""


class FolderShelf:
    """Files in a folder, which only their owner may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            raise NotStored(f"There is no {name} in {self._folder}.") from None

    def write(self, name: str, content: bytes) -> None:
        with _new(self._folder / name) as fresh:
            fresh.write_bytes(content)

    def put(self, name: str, source: Path) -> None:
        with _new(self._folder / name) as fresh:
            shutil.copyfile(source, fresh)

    def get(self, name: str, size: int, target: Path) -> None:
        try:
            shutil.copyfile(self._folder / name, target)
        except FileNotFoundError:
            raise NotStored(f"There is no {name} in {self._folder}.") from None

    def names(self, prefix: str) -> Iterator[str]:
        above = self._folder / prefix.rpartition("/")[0]
        found = (path for path in above.rglob("*") if path.is_file())
        names = sorted(path.relative_to(self._folder).as_posix() for path in found)
        yield from (name for name in names if name.startswith(prefix))

    def remove(self, name: str) -> None:
        path = self._folder / name
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()


@contextmanager
def _new(path: Path) -> Iterator[Path]:
    """A file to fill, which gets its name at the end of the block, on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.new")
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600))
    yield fresh
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(path)


class BucketShelf:
    """Files in a bucket."""

    def __init__(self, place: S3Place) -> None:
        self._place, self._bucket = place, Bucket(place)

    def read(self, name: str) -> bytes:
        return self._bucket.read(self._place.key(name))[0]

    def write(self, name: str, content: bytes) -> None:
        self._bucket.write(self._place.key(name), content)

    def put(self, name: str, source: Path) -> None:
        upload(self._bucket, source, self._place.key(name), Counter(0, None))

    def get(self, name: str, size: int, target: Path) -> None:
        download(self._bucket, self._place.key(name), size, target, Counter(0, None))

    def names(self, prefix: str) -> Iterator[str]:
        base = self._place.key("")
        for each in self._bucket.listed(self._place.key(prefix)):
            yield each.key.removeprefix(base)

    def remove(self, name: str) -> None:
        self._bucket.delete([self._place.key(name)])
