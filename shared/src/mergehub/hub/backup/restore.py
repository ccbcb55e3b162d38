"""Makes the data folder of a hub from a backup."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mergehub.hub.backup.archive import Archive
from mergehub.hub.backup.database import load, started
from mergehub.hub.backup.manifest import (
    DATABASE,
    CannotRestore,
    Entry,
    Manifest,
    check_migrations,
)
from mergehub.hub.backup.progress import Tell, counted
from mergehub.hub.folder import LOCK

WORK = "restoring"
SPARE_BYTES = 200 * 1024**2


@dataclass(frozen=True)
class Restored:
    """The result of a restore. `folder` is None if the backup was only checked."""

    folder: Path | None
    manifest: Manifest


def check(backup: Path, tell: Tell | None = None) -> Restored:
    """Read a backup to its end. Raises BadBackup or CannotRestore as `restore` does."""
    with Archive(backup) as archive:
        check_migrations(archive.manifest)
        for entry in counted("check", archive.manifest.files, _size, tell):
            archive.read(entry, len)
        return Restored(None, archive.manifest)


def restore(backup: Path, data: Path, tell: Tell | None = None) -> Restored:
    """Make the data folder `data`, which must be empty or new, from a backup.

    Everything is read, checked and loaded in a folder within it, which `mergehub up` refuses. So a
    restore that is cut short is never taken for a hub.

    Raises:
        BadBackup: the backup is damaged, cut short, or not a backup.
        CannotRestore: a newer program made it, or the folder cannot be used.
        CannotStart, DatabaseFault: PostgreSQL does not start, or does not load it.
    """
    data = data.expanduser().resolve()
    with Archive(backup) as archive:
        check_migrations(archive.manifest)
        with _claimed(data) as work:
            _check_space(data, archive.manifest)
            for entry in counted("copy", archive.manifest.files, _size, tell):
                archive.extract(entry, work / entry.path)
            _load(work)
        return Restored(data, archive.manifest)


@contextmanager
def _claimed(data: Path) -> Iterator[Path]:
    """The folder to work in; at the end of the block, its contents move into the data folder."""
    made = not data.exists()
    work = data / WORK
    _check_empty(data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    data.chmod(0o700)
    work.mkdir()
    moved: list[Path] = []
    try:
        yield work
        for path in sorted(work.iterdir()):
            moved.append(path.rename(data / path.name))
        work.rmdir()
        (data / LOCK).touch(0o600)  # `mergehub up` recognises a data folder by it
    except BaseException:
        for path in (work, *moved):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        if made:
            with suppress(OSError):
                data.rmdir()
        raise


def _check_empty(data: Path) -> None:
    if not data.exists():
        return
    if not data.is_dir():
        raise CannotRestore(f"{data} is a file: name a new or an empty folder with --data.")
    found = sorted(path.name for path in data.iterdir())
    if found == [WORK]:
        raise CannotRestore(
            f"A restore into {data} is running or was cut short. If none runs, remove the folder "
            "first."
        )
    if found:
        raise CannotRestore(
            f"{data} is not empty ({found[0]}): name a new or an empty folder with --data."
        )


def _check_space(data: Path, manifest: Manifest) -> None:
    free, needed = shutil.disk_usage(data).free, manifest.bytes + SPARE_BYTES
    if free < needed:
        raise CannotRestore(
            f"Only {free // 1024**2} MB are free for {data}, and the restore needs "
            f"{needed // 1024**2} MB: free some space, or name another folder with --data."
        )


def _load(work: Path) -> None:
    dump = work / DATABASE
    (work / "logs").mkdir()
    with started(work / "pg", work / "logs" / "postgres.log") as server:
        asyncio.run(load(server.url, dump))
    dump.unlink()


def _size(entry: Entry) -> int:
    return entry.bytes
