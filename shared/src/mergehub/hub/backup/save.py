"""Makes a backup of a hub, running or stopped."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from mergehub import __version__
from mergehub.hub.backup.archive import ArchiveWriter, Changed
from mergehub.hub.backup.database import Snapshot, answering, snapshot
from mergehub.hub.backup.manifest import (
    DATABASE,
    FORMAT,
    SECRETS,
    Manifest,
    fits,
)
from mergehub.hub.backup.progress import Tell, counted
from mergehub.hub.postgres import Postgres


class CannotBackUp(Exception):
    """No backup was made; the message says why and what to do."""


@dataclass(frozen=True)
class Saved:
    """The result of a backup. `left_out` names files of the models folder that are not in it.

    `missing` are runs that succeeded, but whose models the hub has lost.
    """

    file: Path
    bytes: int
    files: int
    runs: int
    left_out: tuple[str, ...]
    missing: tuple[UUID, ...]


def save(data: Path, target: Path, tell: Tell | None = None, *, models: bool = True) -> Saved:
    """Back up the hub of a data folder into the new file `target`.

    The databases are those of one moment. Models are copied after that moment, since a run whose
    row says that it succeeded has a complete folder. The file appears only when it is complete.

    Raises:
        CannotBackUp: there is no hub in the folder, the target exists, or a file changed.
        CannotStart, DatabaseFault: the databases of the hub do not answer.
    """
    data, target = data.resolve(), target.resolve()
    _check(data, target)
    with (
        answering(data) as url,
        tempfile.TemporaryDirectory(prefix=f".{target.name[:50]}.", dir=target.parent) as folder,
    ):
        work = Path(folder)
        moment, runs = asyncio.run(_dumped(url, work / DATABASE, data))
        folders = [data / "artifacts" / "runs" / run for run in runs]
        files, left_out = _collect(data, [*folders, data / "models"] if models else folders)
        sources = {DATABASE: work / DATABASE, **_secrets(data), **files}
        _write(work / "new.tar", sources, moment.revisions, tell)
        _put(work / "new.tar", target)
    size = target.stat().st_size
    missing = tuple(run for run in moment.merged if str(run) not in runs)
    return Saved(target, size, len(sources), len(runs), tuple(left_out), missing)


def _check(data: Path, target: Path) -> None:
    if not data.exists():
        raise CannotBackUp(f"{data} does not exist: name a hub's data folder with --data.")
    if not Postgres(data / "pg").has_data():
        raise CannotBackUp(
            f"{data} has no databases of a hub: name its data folder with --data. For a hub that "
            "was started with MERGEHUB_DATABASE_URL, use --deployed."
        )
    if not target.parent.is_dir():
        raise CannotBackUp(f"There is no folder {target.parent}.")
    _check_free(target)
    if target.is_relative_to(data):
        raise CannotBackUp(f"{target} is in the hub's own folder: name a file outside of {data}.")


def _secrets(data: Path) -> dict[str, Path]:
    """The files with secrets; without the keys if MERGEHUB_SECRETS_KEYS has them."""
    return {name: data / name for name in SECRETS if (data / name).exists()}


async def _dumped(url: str, into: Path, data: Path) -> tuple[Snapshot, list[str]]:
    """Dump the databases; returns their moment and the runs whose models were complete."""
    async with snapshot(url) as moment:
        runs = sorted(_complete(data / "artifacts" / "runs"))
        await moment.dump(into)
        return moment, runs


def _complete(folder: Path) -> Iterator[str]:
    """The runs with a complete model there; the folder of an unfinished one has another name."""
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            UUID(path.name)
        except ValueError:
            continue
        if path.is_dir() and not path.is_symlink():
            yield path.name


def _collect(data: Path, folders: Iterable[Path]) -> tuple[dict[str, Path], list[str]]:
    """The files under `folders` by their names in the backup, and those left out.

    Links are not followed, and only regular files are opened.
    """
    kept, left_out = {}, []
    for path in sorted(found for folder in folders for found in _entries(folder)):
        name = path.relative_to(data).as_posix()
        if path.is_file() and not path.is_symlink() and fits(name):
            kept[name] = path
        else:
            left_out.append(name)
    return kept, left_out


def _entries(folder: Path) -> Iterator[Path]:
    """All that is not a folder under a folder; a link to a folder counts as not one."""
    if folder.is_symlink():
        yield folder
        return
    for root, inner, names in os.walk(folder):
        linked = [name for name in inner if (Path(root) / name).is_symlink()]
        yield from (Path(root) / name for name in (*names, *linked))


def _write(
    new: Path, sources: dict[str, Path], revisions: dict[str, str], tell: Tell | None
) -> None:
    entries = []
    with ArchiveWriter(new) as archive:
        try:
            for name, path in counted("copy", list(sources.items()), _size, tell):
                entries.append(archive.add(name, path))
        except (Changed, FileNotFoundError) as error:
            which = error.filename if isinstance(error, FileNotFoundError) else error
            raise CannotBackUp(
                f"{which} changed during the backup: try again when no program writes there."
            ) from error
        archive.finish(
            Manifest(
                format=FORMAT,
                mergehub=__version__,
                created_at=datetime.now(UTC),
                revisions=revisions,
                files=tuple(entries),
            )
        )


def _put(new: Path, target: Path) -> None:
    """Give the finished file its name."""
    _check_free(target)
    new.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check_free(target: Path) -> None:
    if target.exists():
        raise CannotBackUp(f"{target} already exists: name another file, or a folder.")


def _size(source: tuple[str, Path]) -> int:
    return source[1].stat().st_size
