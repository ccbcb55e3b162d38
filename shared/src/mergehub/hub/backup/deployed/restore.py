"""Fills an empty database and an empty store of models from a backup."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from mergehub.artifacts import ArtifactStore, NotStored, S3Place
from mergehub.artifacts.record import described_file
from mergehub.hub.backup.database import DatabaseFault, plain
from mergehub.hub.backup.deployed.loading import load
from mergehub.hub.backup.deployed.place import (
    DUMP,
    BackupPlace,
    DeployedManifest,
    copy_model,
    name_of,
)
from mergehub.hub.backup.deployed.save import source_of
from mergehub.hub.backup.deployed.settings import BackupSettings
from mergehub.hub.backup.manifest import BadBackup, CannotRestore, check_revisions
from mergehub.hub.backup.progress import Tell, counted

NAMED = 3  # tables or runs that a refusal names


@dataclass(frozen=True)
class Restored:
    """The backup that was restored or checked."""

    backup: str
    manifest: DeployedManifest


def check(at: Path | S3Place, backup: str | None = None, tell: Tell | None = None) -> Restored:
    """Read a backup, the newest by default, to its end. Raises BadBackup or CannotRestore."""
    with tempfile.TemporaryDirectory(prefix="mergehub-backup-") as folder:
        work = Path(folder)
        place = BackupPlace(at, work)
        name, manifest = _chosen(place, backup)
        _fetched_dump(place, name, manifest, work)
        for run in counted("check", list(manifest.models), lambda _: 0, tell):
            _held(place, run, manifest)
            _dropped(place)
    return Restored(name, manifest)


def restore(
    settings: BackupSettings,
    at: Path | S3Place,
    backup: str | None = None,
    tell: Tell | None = None,
) -> Restored:
    """Restore a backup, the newest by default, into the database and the store of the settings.

    Both must be empty. Models come first, each verified, and the databases last, in one
    transaction: a restore that is cut short is no hub, and the same call continues it.

    Raises:
        BadBackup: the backup is damaged or not there.
        CannotRestore: a newer program made it, or the database or the store is not empty.
        DatabaseFault, StoreFault: PostgreSQL or the store does not answer, or refuses it.
    """
    with tempfile.TemporaryDirectory(prefix="mergehub-backup-") as folder:
        work = Path(folder)
        place, target = BackupPlace(at, work), source_of(settings, work)
        name, manifest = _chosen(place, backup)
        asyncio.run(_check_empty(settings.database_url))
        present = _check_store(target, manifest)
        dump = _fetched_dump(place, name, manifest, work)
        for run in counted("copy", list(manifest.models), lambda _: 0, tell):
            if run not in present:
                _held(place, run, manifest)
                copy_model(place.models, target, run)
        asyncio.run(load(settings.database_url, dump))
    return Restored(name, manifest)


def _chosen(place: BackupPlace, backup: str | None) -> tuple[str, DeployedManifest]:
    name = backup or place.newest()
    if name is None:
        raise BadBackup("there is no complete backup")
    manifest = place.manifest(name)
    check_revisions(manifest.revisions, manifest.mergehub)
    return name, manifest


def _fetched_dump(place: BackupPlace, name: str, manifest: DeployedManifest, work: Path) -> Path:
    dump = work / DUMP
    try:
        place.shelf.get(name_of(name, DUMP), manifest.database.bytes, dump)
    except NotStored as error:
        raise BadBackup(f"{name_of(name, DUMP)} is missing") from error
    if described_file(dump) != manifest.database:
        raise BadBackup(f"{name_of(name, DUMP)} is damaged: it differs from the manifest")
    return dump


def _held(place: BackupPlace, run: UUID, manifest: DeployedManifest) -> None:
    """Have a model of the backup on this machine, verified."""
    try:
        place.models.hold(run)
        right = place.models.record(run).digest == manifest.models[run]
    except NotStored as error:
        raise BadBackup(f"the model of run {run} is missing") from error
    if not right:
        raise BadBackup(f"the model of run {run} is damaged: it differs from the manifest")


def _dropped(place: BackupPlace) -> None:
    place.models.close()
    place.models.make_room(0)


async def _check_empty(url: str) -> None:
    """Raise CannotRestore if the database has tables."""
    try:
        connection = await asyncpg.connect(plain(url), timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise DatabaseFault(f"PostgreSQL does not answer ({error}).") from error
    try:
        found = await connection.fetch(
            "SELECT schemaname || '.' || tablename FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        )
    finally:
        await connection.close()
    if found:
        raise CannotRestore(
            f"The database is not empty: it has {_some([row[0] for row in found])}. Name an empty "
            "one in MERGEHUB_DATABASE_URL."
        )


def _check_store(target: ArtifactStore, manifest: DeployedManifest) -> set[UUID]:
    """Return the models of this backup that an earlier try has restored.

    Raises CannotRestore if there are others.
    """
    there = set(target.runs())
    if strange := sorted(there - manifest.models.keys()):
        raise CannotRestore(
            "The store of models is not empty: it has the models of runs "
            f"{_some(list(map(str, strange)))}. Name an empty one in MERGEHUB_ARTIFACTS."
        )
    return {run for run in there if target.record(run).digest == manifest.models[run]}


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
