"""The record of a stored model: its files with their digests, and the attempt that made it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

FORMAT = 1
BLOCK = 1 << 20


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if str(path) != name or path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError("a file must lie inside its model's folder")
    return name


FileName = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_inside)]


class StoredFile(BaseModel):
    """A file of a model: its size in bytes and its digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Record(BaseModel):
    """A model's files by their paths in its folder. `fence` is that of the attempt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(default=FORMAT, ge=1, le=FORMAT)
    run: UUID
    fence: int = Field(ge=0)
    files: dict[FileName, StoredFile]

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(file.bytes for file in self.files.values())


def record_of(
    folder: Path, run: UUID, fence: int, on_block: Callable[[int], None] | None = None
) -> Record:
    """Read all files in a folder and return their record.

    Raises:
        OSError: a file cannot be read.
        ValueError: something there is not a regular file.
    """
    files = {path.relative_to(folder).as_posix(): path for path in regular_files(folder)}
    described = {name: described_file(path, on_block) for name, path in sorted(files.items())}
    return Record(run=run, fence=fence, files=described)


def regular_files(folder: Path) -> list[Path]:
    """All files below a folder. Raises ValueError for a link or anything else."""
    found = []
    for top, inner, names in os.walk(folder, followlinks=False, onerror=_raise):
        for name in (*inner, *names):
            path = Path(top) / name
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                found.append(path)
            elif not stat.S_ISDIR(mode):
                raise ValueError(f"{path} is not a regular file, so it is not stored")
    return sorted(found)


def described_file(path: Path, on_block: Callable[[int], None] | None = None) -> StoredFile:
    """The size and digest of a file, read in blocks."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
            if on_block is not None:
                on_block(len(block))
    return StoredFile(bytes=size, sha256=digest.hexdigest())


def _raise(error: OSError) -> None:
    raise error
