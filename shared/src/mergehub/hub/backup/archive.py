"""The file of a backup: a plain tar, whose last entry is the manifest. `tar tvf` lists it."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from mergehub.hub.backup.manifest import (
    SECRETS,
    BadBackup,
    Entry,
    Manifest,
    read_manifest,
)

MANIFEST = "manifest.json"
LONGEST_MANIFEST = 256 << 20
MOST_FILES = 1_000_000
BLOCK = 1 << 20


class Changed(Exception):
    """A file changed while it was copied."""


class ArchiveWriter:
    """Fills a new archive that only its owner may read; it is valid after `finish`."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._tar = tarfile.TarFile(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    def add(self, name: str, source: Path) -> Entry:
        """Copy a regular file in. Raises Changed if its size changes meanwhile."""
        with os.fdopen(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            status = os.fstat(file.fileno())
            hashing = _Hashing(file)
            try:
                self._tar.addfile(_member(name, status.st_size, status.st_mtime), hashing)
            except tarfile.TarError as error:
                raise Changed(str(source)) from error
            except OSError as error:
                if error.errno is None:  # tarfile's error for a source that ends too soon
                    raise Changed(str(source)) from error
                raise
            if file.read(1):
                raise Changed(str(source))
        return Entry(path=name, bytes=status.st_size, sha256=hashing.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and the archive's end, and wait until all is on the disk."""
        text = manifest.model_dump_json(indent=1).encode()
        member = _member(MANIFEST, len(text), manifest.created_at.timestamp())
        self._tar.addfile(member, io.BytesIO(text))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())


class Archive:
    """An opened backup whose list of files is valid; the contents are checked as they are read.

    Raises:
        BadBackup: it is damaged, cut short, or not a backup.
        CannotRestore: a newer program made it.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed by __exit__
        except tarfile.TarError as error:
            raise BadBackup("it is not an archive of `mergehub backup`") from error
        try:
            self._members = self._listed()
            self.manifest = self._manifest()
        except BaseException:
            self._tar.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._tar.close()

    def read(self, entry: Entry, write: Callable[[bytes], object]) -> None:
        """Pass the content of a file to `write` in blocks. Raises BadBackup if it is damaged."""
        digest = hashlib.sha256()
        with _damage(), self._open(entry.path) as file:
            while block := file.read(BLOCK):
                digest.update(block)
                write(block)
        if digest.hexdigest() != entry.sha256:
            raise BadBackup(f"{entry.path} is damaged: its checksum differs from the manifest's")

    def extract(self, entry: Entry, target: Path) -> None:
        """Write a file of the backup to a new path. Raises BadBackup if it is damaged."""
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o600 if entry.path in SECRETS else 0o644
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(target, flags, mode), "wb") as file:
            self.read(entry, file.write)
            file.flush()
            os.fsync(file.fileno())

    def _listed(self) -> dict[str, tarfile.TarInfo]:
        """Every member by its name."""
        members: dict[str, tarfile.TarInfo] = {}
        with _damage():
            for member in self._tar:
                if member.name in members or len(members) >= MOST_FILES:
                    raise BadBackup(f"it has {member.name[:100]!r} twice, or too many files")
                members[member.name] = member
        return members

    def _manifest(self) -> Manifest:
        """The manifest, checked: it names the regular files of the archive, each once."""
        found = self._members.get(MANIFEST)
        if found is None or not found.isreg():
            raise BadBackup(
                "it has no manifest: it is cut short, or not an archive of `mergehub backup`"
            )
        if found.size > LONGEST_MANIFEST:
            raise BadBackup("its manifest is damaged")
        with _damage(), self._open(MANIFEST) as file:
            manifest = read_manifest(file.read())
        there = {name: _size(member) for name, member in self._members.items() if name != MANIFEST}
        if there != {entry.path: entry.bytes for entry in manifest.files}:
            raise BadBackup("its files are not those that its manifest lists")
        return manifest

    def _open(self, name: str) -> IO[bytes]:
        file = self._tar.extractfile(self._members[name])
        assert file is not None
        return file


class _Hashing:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        block = self._file.read(size)
        self._digest.update(block)
        return block

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _member(name: str, size: int, mtime: float) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(mtime), 0o600
    return member


def _size(member: tarfile.TarInfo) -> int:
    if not member.isreg() or member.issparse():
        raise BadBackup(f"{member.name[:100]!r} in it is not a regular file")
    return member.size


@contextmanager
def _damage() -> Iterator[None]:
    """Turn what tarfile raises for a damaged archive into BadBackup."""
    try:
        yield
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
        raise BadBackup(f"it is damaged or cut short ({error})") from error
