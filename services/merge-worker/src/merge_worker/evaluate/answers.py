"""The answers of an unfinished evaluation, on disk, so that another attempt continues there."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

MOST_BYTES: Final = 64 << 20
"""The largest file of answers. Those beyond it are computed again after a crash."""


class Answers:
    """Answers by the key of their batch, which is a digest of the items in it.

    Each batch is one line, written at once. A line that a killed process left unfinished is cut
    off. While another process has the file, nothing is read or kept.
    """

    def __init__(self, path: Path | None) -> None:
        self._known: dict[str, list[Any]] = {}
        self._file = None if path is None else _locked(path)
        self._size = 0
        if self._file is not None:
            self._read(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            os.close(self._file)

    def get(self, key: str, count: int) -> list[Any] | None:
        """The `count` answers of a batch, or None if it is not finished."""
        found = self._known.get(key)
        return found if found is not None and len(found) == count else None

    def keep(self, key: str, answers: list[Any]) -> None:
        """Keep the answers of a batch as long as there is room."""
        line = json.dumps([key, answers]).encode() + b"\n"
        if self._file is not None and self._size + len(line) <= MOST_BYTES:
            self._size += os.pwrite(self._file, line, self._size)

    def _read(self, file: int) -> None:
        """Take the lines up to the first that is not whole or not ours, and cut off the rest."""
        for line in os.pread(file, MOST_BYTES, 0).splitlines(keepends=True):
            match _entry(line):
                case [str(key), list(answers)]:
                    self._known[key] = answers
                    self._size += len(line)
                case _:
                    break
        os.ftruncate(file, self._size)


def _entry(line: bytes) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(line) if line.endswith(b"\n") else None
    return None


def _locked(path: Path) -> int | None:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file
