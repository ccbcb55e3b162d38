"""Writes to a disk that may be full: every failure becomes a message that names the file."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Final

from merge_worker.engine.errors import DiskFullError, OutputError

FOLLOW_SECONDS: Final = 0.2
"""Seconds between two times that written data is flushed to the disk."""


@contextmanager
def writing(path: Path, size: int = 0) -> Iterator[None]:
    """While a file or folder is written, turn the system's errors into errors that name it.

    `size` is how many bytes it needs, if that is known.

    Raises:
        DiskFullError: there is no space left.
        OutputError: the disk cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(f"{path} cannot be written: {error.strerror}") from None
        need = f"{size} bytes are needed; " if size else ""
        raise DiskFullError(f"no space left for {path}: {need}free some space and retry") from None


def write_new(path: Path, content: bytes) -> None:
    """Write a file, replacing whatever an earlier attempt or another process left there."""
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(content)


def write_at(path: Path, descriptor: int, offset: int, data: memoryview) -> None:
    """Write all of `data` at an offset of an open file; raises what `writing` raises."""
    done = 0
    with writing(path, len(data)):
        while done < len(data):
            done += os.pwrite(descriptor, data[done:], offset + done)


@contextmanager
def writing_behind(paths: Sequence[Path]) -> Iterator[None]:
    """Keep flushing the files to the disk meanwhile, so that little is left to flush at the end.

    Raises:
        OutputError: the disk fails.
    """
    stop = Event()

    def follow() -> None:
        while not stop.wait(FOLLOW_SECONDS):
            for path in paths:
                with writing(path):
                    sync(path)

    if not paths:
        yield
        return
    with ThreadPoolExecutor(1, thread_name_prefix="sync") as pool:
        try:  # an interrupt may arrive while the thread starts
            following = pool.submit(follow)
            yield
        finally:
            stop.set()
        following.result()


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
