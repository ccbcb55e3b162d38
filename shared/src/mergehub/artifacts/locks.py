"""Locks between processes that share a folder; the system lets go of those of a dead process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Lock:
    """A lock on a name. Many may share it, or one have it alone.

    Its file may be removed by one who has it alone: `take` notices, and makes a new one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self, *, alone: bool, wait: bool = True) -> bool:
        """Take the lock, or change how it is held. Returns False if others have it."""
        how = (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB)
        while True:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                self._file = os.open(self._path, flags, 0o644)
            try:
                fcntl.flock(self._file, how)
            except BlockingIOError:
                self.release()
                return False
            if self._is_current(self._file):
                return True
            self.release()

    def remove(self) -> None:
        """Remove the lock's file and let go of it; only for one who has it alone."""
        self._path.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _is_current(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.lstat())
        except FileNotFoundError:
            return False
