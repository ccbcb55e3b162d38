"""Makes a backup of a deployed hub, which keeps working."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from mergehub import __version__
from mergehub.artifacts import ArtifactStore, NotStored, S3Place, open_store
from mergehub.artifacts.record import described_file
from mergehub.hub.backup.database import Snapshot, snapshot
from mergehub.hub.backup.deployed.place import (
    DUMP,
    MANIFEST,
    BackupPlace,
    DeployedManifest,
    copy_model,
    name_of,
)
from mergehub.hub.backup.deployed.settings import BackupSettings
from mergehub.hub.backup.progress import Tell, counted
from mergehub.hub.backup.save import CannotBackUp


@dataclass(frozen=True)
class Saved:
    """The result of a backup. `copied` models were new; `removed` are older backups.

    `missing` are runs that succeeded, but whose models the hub has lost.
    """

    backup: str
    created_at: datetime
    database_bytes: int
    models: int
    copied: int
    missing: tuple[UUID, ...]
    removed: tuple[str, ...]


@dataclass
class _Copied:
    models: dict[UUID, str] = field(default_factory=dict)
    copied: int = 0
    missing: list[UUID] = field(default_factory=list)


def save(
    settings: BackupSettings, at: Path | S3Place, tell: Tell | None = None, *, keep: int = 0
) -> Saved:
    """Back up databases and models into a place, and keep only the newest backups if `keep`.

    The databases are those of one moment; models are copied after it, so every run that had
    succeeded has its model. A model that the place has is not copied again.

    Raises DatabaseFault, StoreFault, OSError of a disk, or CannotBackUp if runs have made models
    but there is no store; then there is no new backup.
    """
    absent = _absent(settings)  # before a store is opened there
    with tempfile.TemporaryDirectory(prefix="mergehub-backup-") as folder:
        work = Path(folder)
        source, place = source_of(settings, work), BackupPlace(at, work)
        now = datetime.now(UTC)
        backup = f"{now:%Y%m%dT%H%M%S.%fZ}"
        moment = asyncio.run(_dumped(settings.database_url, work / DUMP))
        if absent and moment.merged:
            raise CannotBackUp(absent)
        place.shelf.put(name_of(backup, DUMP), work / DUMP)
        done = _copied(source, place, moment.merged, tell)
        manifest = DeployedManifest(
            mergehub=__version__,
            created_at=now,
            revisions=moment.revisions,
            database=described_file(work / DUMP),
            models=done.models,
        )
        place.shelf.write(name_of(backup, MANIFEST), manifest.model_dump_json(indent=1).encode())
        removed = place.prune(keep) if keep else []
        size = manifest.database.bytes
    return Saved(
        backup, now, size, len(done.models), done.copied, tuple(done.missing), tuple(removed)
    )


def source_of(settings: BackupSettings, work: Path) -> ArtifactStore:
    """The hub's store of models; what comes from a bucket passes through `work`."""
    if isinstance(settings.artifacts, Path):
        return open_store(settings.artifacts)
    return open_store(work / "of-hub", settings.s3_place, 0)


def _absent(settings: BackupSettings) -> str | None:
    """A sentence if the folder of the models is not there, so that all would count as lost."""
    folder = settings.artifacts
    if not isinstance(folder, Path) or folder.is_dir():
        return None
    told = "is" if "artifacts" in settings.model_fields_set else "is not set, and its default is"
    return (
        f"MERGEHUB_ARTIFACTS {told} {folder.absolute()}, where there is no folder, but runs have "
        "made models. Set it to the workers' folder or s3://bucket/prefix."
    )


async def _dumped(url: str, into: Path) -> Snapshot:
    async with snapshot(url) as moment:
        await moment.dump(into)
        return moment


def _copied(
    source: ArtifactStore, place: BackupPlace, runs: Sequence[UUID], tell: Tell | None
) -> _Copied:
    """Have the models of runs in the place.

    The model of a run that succeeded never changes, so one that the newest backup names, and that
    is there, is not read again.
    """
    newest = place.newest()
    known = place.manifest(newest).models if newest else {}
    there = set(place.models.runs())
    done = _Copied()
    for run in counted("copy", runs, lambda _: 0, tell):
        if run in known and run in there:
            done.models[run] = known[run]
            continue
        try:
            done.models[run] = source.record(run).digest
            copy_model(source, place.models, run)
            done.copied += 1
        except NotStored:
            done.missing.append(run)
    return done
