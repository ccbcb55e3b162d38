"""Writing to a disk that may be full: every failure becomes a sentence that names the file."""

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
"""Between two times that what was written is moved on to the disk."""


@contextmanager
def writing(path: Path, size: int = 0) -> Iterator[None]:
    """Around the writing of a file or folder that takes `size` bytes, if that is known.

    Raises:
        DiskFullError: there is no space left.
        OutputError: the disk cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(f"{path} cannot be written: {error.strerror}") from None
        need = f"it takes {size} bytes; " if size else ""
        raise DiskFullError(f"no space left for {path}: {need}free some and retry") from None


def write_new(path: Path, content: bytes) -> None:
    """Write a file, in place of whatever an earlier attempt or anybody else left there."""
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(content)


def write_at(path: Path, descriptor: int, offset: int, data: memoryview) -> None:
    """Write all of `data` at a place of an open file; raises what `writing` raises."""
    done = 0
    with writing(path, len(data)):
        while done < len(data):
            done += os.pwrite(descriptor, data[done:], offset + done)


@contextmanager
def writing_behind(paths: Sequence[Path]) -> Iterator[None]:
    """Meanwhile keep moving what is written to the files on to the disk, so that little is left.

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
        try:  # an interrupt may come while the thread starts
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
