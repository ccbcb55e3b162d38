"""ZIP archives of result files, within limits on what they unpack to."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from posixpath import dirname
from typing import IO, Literal

from mergehub.lineage_files.rows import Unreadable

from .sources import Folder, Found, Source

MAGIC = b"PK\x03\x04"
SPREADSHEET = "[Content_Types].xml"
"""What every file of Excel has."""
MOST_MEMBERS = 20_000
LARGEST_UNPACKED = 2 << 30
"""The most bytes that all members have together, as the archive states and as they are read."""
_READ = 1 << 16


@dataclass
class Allowance:
    """How many bytes may still be unpacked."""

    left: int = LARGEST_UNPACKED

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise Unreadable(
                f"The archive unpacks to more than {LARGEST_UNPACKED} bytes: import parts of it."
            )


class _Bounded(io.RawIOBase):
    """The content of a member; each byte is counted."""

    def __init__(self, inner: IO[bytes], allowance: Allowance) -> None:
        self._inner, self._allowance = inner, allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        try:
            data = self._inner.read(min(len(buffer), _READ))
        except zipfile.BadZipFile as error:
            raise OSError(str(error)) from error
        self._allowance.take(len(data))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


@dataclass(frozen=True)
class Member:
    """A file within an archive; nothing is written to the disk."""

    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    allowance: Allowance

    @property
    def name(self) -> str:
        return self.info.filename.rpartition("/")[2]

    def open(self, mode: Literal["rb"], /) -> io.BufferedReader:
        return io.BufferedReader(_Bounded(self.archive.open(self.info), self.allowance))


def is_archive(source: Source) -> bool:
    """Whether a file is a ZIP archive, by its first bytes. Raises Unreadable."""
    try:
        with source.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise Unreadable(f"{source.name} cannot be read: {error.strerror or error}.") from error


def members(source: Source, path: str) -> Iterator[Found]:
    """The files of an archive, in the order of their names.

    Raises:
        Unreadable: it is broken, too large or encrypted.
    """
    try:
        with source.open("rb") as file, zipfile.ZipFile(file) as archive:
            found = _checked(archive, source.name)
            allowance = Allowance()
            held: dict[str, dict[str, Source]] = {}
            for info in found:
                member = Member(archive, info, allowance)
                held.setdefault(dirname(info.filename), {})[member.name] = member
            folders = {name: Folder(files) for name, files in held.items()}
            for info in found:
                member = Member(archive, info, allowance)
                inside = folders[dirname(info.filename)]
                yield Found(member, f"{path}/{info.filename}", partial(_itself, inside))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError) as error:
        raise Unreadable(f"{source.name} cannot be unpacked: {error}.") from error


def _checked(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    files = [info for info in archive.infolist() if not info.is_dir()]
    if any(info.filename == SPREADSHEET for info in files):
        raise Unreadable(f"{name} is a spreadsheet: save its table as CSV.")
    if len(files) > MOST_MEMBERS:
        raise Unreadable(f"{name} holds more than {MOST_MEMBERS} files: import parts of it.")
    if any(info.flag_bits & 1 for info in files):
        raise Unreadable(f"{name} is encrypted: unpack it first.")
    Allowance().take(sum(info.file_size for info in files))
    return sorted(files, key=lambda info: info.filename)


def _itself(folder: Folder) -> Folder:
    return folder
