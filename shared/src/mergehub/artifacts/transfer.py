"""The parts in which files travel, so that memory does not depend on their size."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mergehub.artifacts.store import OnBytes

BLOCK = 1 << 20
PART = 16 << 20  # bytes; larger only for files with more than MOST_PARTS of them
MOST_PARTS = 10_000  # of an upload in S3


@dataclass(frozen=True)
class Part:
    """A range of a file's bytes; `number` counts from 1."""

    number: int
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


def parts_of(size: int) -> Iterator[Part]:
    """The parts of a file; an empty file has one that is empty."""
    length = max(PART, -(-size // (MOST_PARTS * BLOCK)) * BLOCK)
    for number, start in enumerate(range(0, max(size, 1), length), start=1):
        yield Part(number, start, min(start + length, size))


def read_part(path: Path, part: Part) -> bytes:
    """The bytes of a part. Raises OSError if the file has become shorter."""
    with path.open("rb") as file:
        content = os.pread(file.fileno(), part.size, part.start)
    if len(content) != part.size:
        raise OSError(f"{path} became shorter while it was read")
    return content


def write_at(descriptor: int, block: bytes, offset: int) -> None:
    """Write all of a block at a place of a file."""
    while block:
        written = os.pwrite(descriptor, block, offset)
        block, offset = block[written:], offset + written


class Counter:
    """Adds up transferred bytes."""

    def __init__(self, total: int, on_bytes: OnBytes | None) -> None:
        self._done, self._total, self._on_bytes = 0, total, on_bytes

    def add(self, count: int) -> None:
        self._done += count
        if self._on_bytes is not None:
            self._on_bytes(self._done, self._total)
