"""Reads a range of a file in a model's folder."""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path

from mergehub.artifacts.store import Damaged, NotStored
from mergehub.artifacts.transfer import BLOCK


def opened(folder: Path, name: str, size: int) -> FileIO:
    """A regular file inside `folder`. Raises NotStored, or Damaged for another size."""
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        file = FileIO(path, "rb", opener=_without_link)
    except OSError as error:
        raise NotStored(f"The model in {folder} has no file {name}: {error.strerror}.") from error
    found = os.fstat(file.fileno())
    if not inside or not stat.S_ISREG(found.st_mode) or found.st_size != size:
        file.close()
        raise Damaged(
            f"{path} is not the file that was stored: it should be a regular file of {size} bytes."
        )
    return file


class FolderReading:
    """The bytes from `start` to before `stop` of an open file."""

    def __init__(self, file: FileIO, start: int, stop: int) -> None:
        self._file, self._at, self._stop = file, start, stop

    def block(self) -> bytes:
        wanted = min(BLOCK, self._stop - self._at)
        found = os.pread(self._file.fileno(), wanted, self._at)
        if wanted and not found:
            raise Damaged(f"{self._file.name} became shorter while it was read.")
        self._at += len(found)
        return found

    def close(self) -> None:
        self._file.close()


def _without_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)  # a pipe would wait for a writer
