"""A place for backups: which there are, and the oldest that may go."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mergehub.artifacts import ArtifactStore, NotStored, S3Place, open_store
from mergehub.artifacts.record import StoredFile
from mergehub.hub.backup.deployed.shelf import BucketShelf, FolderShelf, Shelf
from mergehub.hub.backup.manifest import BadBackup

BACKUPS, MANIFEST, DUMP = "backups/", "manifest.json", "database.dump"
FORMAT = 1


class DeployedManifest(BaseModel):
    """A backup. `models` has the digest of each run's model, `revisions` the newest migrations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(default=FORMAT, ge=1, le=FORMAT)
    mergehub: str = Field(max_length=100)
    created_at: datetime
    revisions: dict[str, str]
    database: StoredFile
    models: dict[UUID, str]


class BackupPlace:
    """A folder, or a prefix of a bucket, with backups. `work` is a folder on this machine."""

    def __init__(self, at: Path | S3Place, work: Path) -> None:
        self.at = at
        if isinstance(at, Path):
            self.shelf: Shelf = FolderShelf(at)
            self.models: ArtifactStore = open_store(at / "models")
        else:
            self.shelf = BucketShelf(at)
            below = at.model_copy(update={"prefix": at.key("models")})
            self.models = open_store(work / "of-backup", below, 0)

    def backups(self) -> list[str]:
        """The names of all complete backups, the oldest first."""
        ending = f"/{MANIFEST}"
        found = self.shelf.names(BACKUPS)
        return [n.removeprefix(BACKUPS).removesuffix(ending) for n in found if n.endswith(ending)]

    def manifest(self, backup: str) -> DeployedManifest:
        """Raises BadBackup if there is no such backup, or it is damaged."""
        try:
            text = self.shelf.read(name_of(backup, MANIFEST))
            return DeployedManifest.model_validate_json(text)
        except NotStored as error:
            known = ", ".join(self.backups()[-3:]) or "none"
            raise BadBackup(f"there is no backup {backup!r}; the newest are: {known}") from error
        except ValidationError as error:
            raise BadBackup(f"the manifest of {backup} is damaged, or a newer program's") from error

    def newest(self) -> str | None:
        """The name of the newest backup."""
        return next(reversed(self.backups()), None)

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest `keep` backups, and models that none of those has.

        Returns the names of the removed backups.
        """
        there = self.backups()
        gone, kept = there[: max(0, len(there) - keep)], there[-keep:]
        needed = {run for backup in kept for run in self.manifest(backup).models}
        for backup in gone:  # the manifest first: what is left of a backup is none
            self.shelf.remove(name_of(backup, MANIFEST))
            self.shelf.remove(name_of(backup, DUMP))
        for run in list(self.models.runs()) if gone else ():
            if run not in needed:
                self.models.remove(run)
        self._remove_unfinished(kept)
        return gone

    def _remove_unfinished(self, complete: list[str]) -> None:
        """Remove dumps of backups that were cut short, and were begun before the newest one."""
        for name in list(self.shelf.names(BACKUPS)):
            backup = name.removeprefix(BACKUPS).partition("/")[0]
            if complete and backup < complete[-1] and backup not in complete:
                self.shelf.remove(name)


def name_of(backup: str, file: str) -> str:
    """The name of a backup's file on its shelf."""
    return f"{BACKUPS}{backup}/{file}"


def copy_model(source: ArtifactStore, target: ArtifactStore, run: UUID) -> None:
    """Copy a model from one store to another by way of this machine, and drop what came here."""
    try:
        target.put(run, 0, source=source.hold(run))
    finally:
        source.close()
        source.make_room(0)
