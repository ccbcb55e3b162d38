"""Where the text of a file comes from: a path, bytes in memory, or a member of an archive."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

from mergehub.lineage_files.rows import Unreadable
from mergehub.lineage_files.text import Readable

LARGEST_IN_MEMORY = 256 << 20
"""The most bytes of a stream without a path."""
MOST_BESIDE = 100_000


Source = Readable
"""A file that can be read more than once."""


@dataclass(frozen=True)
class Content:
    """Bytes that are in memory, under a file's name."""

    name: str
    data: bytes

    def open(self, mode: Literal["rb"], /) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self.data))  # type: ignore[type-var, unused-ignore]


class Folder:
    """The files of a folder by name; what was looked for once is remembered."""

    def __init__(self, files: Mapping[str, Source]) -> None:
        self._files = files
        self._known: dict[str, list[tuple[re.Match[str], Source]]] = {}

    def named(self, pattern: str) -> list[tuple[re.Match[str], Source]]:
        """The files whose names match, in the order of their names."""
        if pattern not in self._known:
            found = ((re.fullmatch(pattern, name), each) for name, each in self._files.items())
            self._known[pattern] = [(match, each) for match, each in found if match]
        return self._known[pattern]

    def get(self, name: str) -> Source | None:
        """The file of this name."""
        return self._files.get(name)


@dataclass(frozen=True)
class Found:
    """A file to read, with its path for messages and names, and the folder that it is in."""

    source: Source
    path: str
    folder: Callable[[], Folder]


def found_at(path: Path, shown: str | None = None) -> Found:
    """A file on the disk; `shown` is its name in messages."""
    return Found(path, shown or path.name, lambda: _folder_of(path))


def in_memory(stream: BinaryIO, name: str) -> Found:
    """What is left of a stream, in memory.

    Raises:
        Unreadable: it is too long.
    """
    data = stream.read(LARGEST_IN_MEMORY + 1)
    if len(data) > LARGEST_IN_MEMORY:
        raise Unreadable(f"{name} has more than {LARGEST_IN_MEMORY} bytes: split it.")
    return Found(Content(name.rpartition("/")[2], data), name, lambda: Folder({}))


def _folder_of(path: Path) -> Folder:
    return _listed(path.parent, path.parent.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _listed(folder: Path, _changed: int) -> Folder:
    with os.scandir(folder) as entries:
        names = sorted(each.name for each in entries if each.is_file())
    return Folder({name: folder / name for name in names[:MOST_BESIDE]})
