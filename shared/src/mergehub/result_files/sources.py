"""Where the text of a file comes from: a path, bytes in memory, or a member of an archive."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from mergehub.lineage_files.rows import Unreadable
from mergehub.lineage_files.text import Readable

LARGEST_IN_MEMORY = 256 << 20
"""The most bytes of a stream without a path."""
MOST_BESIDE = 10_000


Source = Readable
"""A file that can be read more than once."""


@dataclass(frozen=True)
class Content:
    """Bytes that are in memory, under a file's name."""

    name: str
    data: bytes

    def open(self, mode: Literal["rb"], /) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self.data))  # type: ignore[type-var, unused-ignore]


@dataclass(frozen=True)
class Found:
    """A file to read, with its path for messages and names, and those in the same folder."""

    source: Source
    path: str
    beside: Callable[[], Sequence[tuple[str, Source]]]

    def named(self, pattern: str) -> list[tuple[re.Match[str], Source]]:
        """The files in its folder whose names match, in the order of their names."""
        found = ((re.fullmatch(pattern, name), each) for name, each in self.beside())
        return [(match, each) for match, each in found if match]


def found_at(path: Path, shown: str | None = None) -> Found:
    """A file on the disk; `shown` is its name in messages."""
    return Found(path, shown or path.name, lambda: _siblings(path))


def in_memory(stream: BinaryIO, name: str) -> Found:
    """What is left of a stream, in memory.

    Raises:
        Unreadable: it is too long.
    """
    data = stream.read(LARGEST_IN_MEMORY + 1)
    if len(data) > LARGEST_IN_MEMORY:
        raise Unreadable(f"{name} has more than {LARGEST_IN_MEMORY} bytes: split it.")
    return Found(Content(name.rpartition("/")[2], data), name, list)


def _siblings(path: Path) -> list[tuple[str, Source]]:
    entries = sorted(path.parent.iterdir())[:MOST_BESIDE]
    return [(each.name, each) for each in entries if each != path and each.is_file()]
