"""Reading files of folders that strangers made: regular ones, of bounded size, opened once.

Nothing here waits for a pipe, follows a link further than allowed, or reads more than was agreed.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from merge_worker.engine.errors import CheckpointError, EngineError, SourceError, TooManyFilesError

MIB: Final = 1 << 20
LIMITS: Final = {
    "config.json": 4 * MIB,
    "adapter_config.json": 4 * MIB,
    "model.safetensors.index.json": 64 * MIB,
    "tokenizer.json": 128 * MIB,
}
"""Bytes that are read of a file of this name at most; each is several times the largest known."""
LIMIT: Final = 64 * MIB
"""Bytes that are read of any other small file."""
COPY_LIMIT: Final = 256 * MIB
"""Bytes of a file at most that is copied beside the weights."""

POINTER: Final = b"version https://git-lfs.github.com/spec/"

Within = Collection[Path] | None
"""Folders, without links in their paths, that a file must lie in once links are followed."""


@dataclass(frozen=True)
class FileStamp:
    """What shows that a file is still the one that was looked at.

    Whoever rewrites a file can put its `mtime_ns` back, but not the time of the change itself.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, descriptor: int) -> FileStamp:
        """The stamp of an open file."""
        status = os.fstat(descriptor)
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def open_regular(path: Path, within: Within = None) -> int:
    """A descriptor to read a regular file, at its start.

    Raises:
        SourceError: there is no such file, or it lies outside `within`.
        CheckpointError: it is not a regular file, cannot be read, or is a git-LFS pointer.
    """
    with _readable(path):
        # Opened as a place first: that neither waits for a pipe nor wakes a device.
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            _check_place(path, place, within)
            descriptor = os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            os.close(place)
    try:
        with _readable(path):
            _refuse_pointer(path, os.pread(descriptor, len(POINTER), 0))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def opened(path: Path, within: Within = None) -> Iterator[int]:
    """`open_regular` for the length of a block."""
    descriptor = open_regular(path, within)
    try:
        with _readable(path):
            yield descriptor
    finally:
        os.close(descriptor)


def read_small(path: Path, limit: int | None = None, within: Within = None) -> bytes:
    """The content of a file of at most `limit` bytes (default: what `LIMITS` says of its name).

    Raises what `open_regular` raises, and CheckpointError if the file is larger.
    """
    most = largest(path.name) if limit is None else limit
    with opened(path, within) as descriptor:
        found = os.fstat(descriptor).st_size
        content = read_all(descriptor, most + 1) if found <= most else b""
    _check_size(path, max(found, len(content)), most)
    return content


def largest(name: str) -> int:
    """How many bytes of a small file of this name are read at most."""
    return LIMITS.get(name, LIMIT)


def stamp_of(path: Path, within: Within = None) -> FileStamp:
    """The stamp of a file that is to be copied.

    Raises what `open_regular` raises, and CheckpointError if it is larger than COPY_LIMIT.
    """
    with opened(path, within) as descriptor:
        stamp = FileStamp.of(descriptor)
    _check_size(path, stamp.size, COPY_LIMIT)
    return stamp


def read_all(descriptor: int, size: int) -> bytes:
    """`size` bytes from where an open file stands; fewer where it ends before."""
    parts = []
    while size and (part := os.read(descriptor, min(size, MIB))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _check_size(path: Path, size: int, most: int) -> None:
    if size > most:
        raise CheckpointError(
            f"{path} takes {size} bytes; of a file of this kind at most {most} are read"
        )


def _check_place(path: Path, place: int, within: Within) -> None:
    status = os.fstat(place)
    if stat.S_ISDIR(status.st_mode):
        raise CheckpointError(f"{path} is a folder where a file should be")
    if not stat.S_ISREG(status.st_mode):
        raise CheckpointError(f"{path} is not a regular file, so it is not read")
    if within is None:
        return
    lies = Path(os.readlink(f"/proc/self/fd/{place}"))
    if not any(lies.is_relative_to(folder) for folder in within):
        raise SourceError(f"{path} is a link that leads outside the allowed roots")


def _refuse_pointer(path: Path, start: bytes) -> None:
    if start == POINTER:
        raise CheckpointError(
            f"{path} is a git-LFS pointer, not the file itself: run `git lfs pull` in {path.parent}"
        )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Around reading a file: what the system refuses becomes a sentence that names it."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError | ValueError) -> EngineError:
    """What to say of a path that the system refuses."""
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOENT, errno.ENOTDIR) and os.path.islink(path):
        return SourceError(f"{path} is a broken link: what it leads to is not there")
    if code in (errno.ENOENT, errno.ENOTDIR):
        return SourceError(f"{path.parent} has no {path.name}")
    if code == errno.ELOOP:
        return CheckpointError(f"{path} is a link that leads in a circle")
    if code == errno.ENAMETOOLONG:
        return CheckpointError(f"{path} is a longer name than a file can have")
    if code in (errno.EMFILE, errno.ENFILE):
        return TooManyFilesError(
            f"{path} cannot be opened: too many files are open; "
            "merge fewer models at a time, or raise the limit (ulimit -n)"
        )
    why = error.strerror if isinstance(error, OSError) else "its name cannot be a file's"
    return CheckpointError(f"{path} cannot be read: {why}")
