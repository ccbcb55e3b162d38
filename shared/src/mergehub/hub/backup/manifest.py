"""The manifest of a backup: its program's version, the migrations, and each file's checksum."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mergehub import __version__
from mergehub.attestation.own import KEY_FILES
from mergehub.contracts.services import SERVICES
from mergehub.hub.folder import SECRETS_KEYS, TOKENS
from mergehub.kit.database.schema import revisions as known_revisions

FORMAT = 1
"""Increased when older programs can no longer read what newer ones write."""

DATABASE = "database.dump"
SECRETS = (TOKENS, SECRETS_KEYS, *KEY_FILES)
FOLDERS = ("artifacts", "models")
UNUSUAL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and bytes that are not UTF-8."""


class BadBackup(Exception):
    """The file is not a complete backup; the message says what is wrong with it."""


class CannotRestore(Exception):
    """A good backup that cannot be restored here; the message says what to do."""


class Entry(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(frozen=True, strict=True)

    path: str
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class _Header(BaseModel):
    """The fields that every version of this program can read in any backup."""

    model_config = ConfigDict(frozen=True, strict=True)

    format: int
    mergehub: str = Field(max_length=100, pattern=r"^[\w.+-]*$")


class Manifest(_Header):
    """The last entry of a backup. `revisions` names the newest migration of each service."""

    created_at: datetime = Field(strict=False)
    revisions: dict[str, str]
    files: tuple[Entry, ...] = Field(strict=False)

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(entry.bytes for entry in self.files)


def read_manifest(text: bytes) -> Manifest:
    """The manifest in `text`.

    Raises:
        BadBackup: it is damaged, or names a file that no backup has.
        CannotRestore: a newer program made it.
    """
    try:
        header = _Header.model_validate_json(text)
        if header.format > FORMAT:
            raise CannotRestore(_too_new(header.mergehub))
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise BadBackup("its manifest is damaged") from error
    names = [entry.path for entry in manifest.files]
    for name in names:
        if not fits(name):
            raise BadBackup(f"it has {name[:100]!r}, which no backup has")
    if len(set(names)) != len(names) or not {DATABASE, TOKENS} <= set(names):
        raise BadBackup("its manifest is damaged")
    return manifest


def check_migrations(manifest: Manifest) -> None:
    """Raises CannotRestore if this program does not know the migrations of the backup."""
    check_revisions(manifest.revisions, manifest.mergehub)


def check_revisions(revisions: Mapping[str, str], mergehub: str) -> None:
    """Raises CannotRestore if this program does not know the migrations, which `mergehub` made."""
    ours = {service.name for service in SERVICES}
    if set(revisions) != ours or not all(
        revision in known_revisions(f"{name}.migrations") for name, revision in revisions.items()
    ):
        raise CannotRestore(_too_new(mergehub))


def fits(name: str) -> bool:
    """Whether a backup may have a file of that name; `../x` and `/x` are refused."""
    path = PurePosixPath(name)
    inside = len(path.parts) > 1 and path.parts[0] in FOLDERS and ".." not in path.parts
    plain = str(path) == name and not UNUSUAL.search(name)
    return plain and (inside or name in (DATABASE, *SECRETS))


def _too_new(version: str) -> str:
    return (
        f"Mergehub {version} made this backup, and this is {__version__}, which does not know its "
        f"tables. Install Mergehub {version} or newer, and restore the backup with it."
    )
