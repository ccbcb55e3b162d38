"""A file of arrays that programs map into memory instead of reading it.

After each array is room for rows to come: a hole, which takes no space on disk. What a process
writes into its mapping, it alone sees. At the end are a description in JSON and the place of that.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from mergehub.columns.growing import ROOM, Growing
from mergehub.columns.parts import Kept, Part, Parts

PAGE = 4096
AT_ONCE = 4 << 20
LARGEST_DESCRIPTION = 1 << 20
END = struct.Struct("<8sQLL")
MAGIC = b"mh-snap1"

About = dict[str, Any]
"""What is noted beside the arrays, as plain data."""


class Damaged(Exception):
    """The file is not one that `write` finished."""


def write(path: Path, about: About, parts: Parts) -> None:
    """Replace a file at once by one that only its owner may read."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            write_to(file, about, parts)
            os.fsync(file.fileno())
        except BaseException:
            fresh.unlink()
            raise
    fresh.replace(path)


def write_to(file: IO[bytes], about: About, parts: Parts) -> None:
    """Write into an open file, which is empty."""
    arrays = {name: _write_part(file, part) for name, part in parts.items()}
    description = json.dumps({"about": about, "arrays": arrays}).encode()
    place = file.tell()
    file.write(description)
    file.write(END.pack(MAGIC, place, len(description), zlib.crc32(description)))
    file.flush()


def _write_part(file: IO[bytes], part: Part) -> list[Any]:
    """Write an array: its type, place, rows, room for rows, and checksum."""
    place = file.seek(-(-file.tell() // PAGE) * PAGE)
    checksum = 0
    for piece in part.pieces:
        checksum = zlib.crc32(piece, checksum)
        file.write(piece)
    dtype = np.dtype(part.dtype)
    rows = (file.tell() - place) // dtype.itemsize
    room = rows + rows // 4 + ROOM
    file.seek(place + room * dtype.itemsize)
    return [dtype.str, place, rows, room, checksum]


def read(path: Path) -> tuple[About, Kept]:
    """What is noted, and the arrays. Raises Damaged, FileNotFoundError."""
    with path.open("rb") as file:
        return read_from(file)


def read_from(file: IO[bytes]) -> tuple[About, Kept]:
    """The same of an open file. Raises Damaged."""
    try:
        description = _description(file)
        arrays = {name: _Array(*each) for name, each in description["arrays"].items()}
        for each in arrays.values():
            each.check(file)
        mapped = mmap.mmap(
            file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE
        )
        return description["about"], {name: each.of(mapped) for name, each in arrays.items()}
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise Damaged(f"{type(error).__name__}: {error}") from error


def _description(file: IO[bytes]) -> Mapping[str, Any]:
    size = os.fstat(file.fileno()).st_size
    if size < END.size:
        raise Damaged("it is too short")
    magic, place, length, checksum = END.unpack(os.pread(file.fileno(), END.size, size - END.size))
    if magic != MAGIC or length > LARGEST_DESCRIPTION:
        raise Damaged("its end is missing")
    text = os.pread(file.fileno(), length, place)
    if zlib.crc32(text) != checksum:
        raise Damaged("its description was changed")
    found: Mapping[str, Any] = json.loads(text)
    return found


class _Array:
    """Where an array is in the file."""

    def __init__(self, dtype: str, place: int, rows: int, room: int, checksum: int) -> None:
        self._dtype, self._place = np.dtype(dtype), place
        self._rows, self._room, self._checksum = rows, room, checksum

    def check(self, file: IO[bytes]) -> None:
        """Read all rows. Raises Damaged."""
        checksum = 0
        for piece in self._pieces(file):
            checksum = zlib.crc32(piece, checksum)
        if checksum != self._checksum:
            raise Damaged("its contents were changed")

    def of(self, mapped: mmap.mmap) -> Growing:
        """The array, with room to grow."""
        return Growing.of(np.frombuffer(mapped, self._dtype, self._room, self._place), self._rows)

    def _pieces(self, file: IO[bytes]) -> Iterator[bytes]:
        end = self._place + self._rows * self._dtype.itemsize
        for place in range(self._place, end, AT_ONCE):
            yield os.pread(file.fileno(), min(AT_ONCE, end - place), place)
