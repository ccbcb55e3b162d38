"""Reads files in folders that strangers made: regular files of bounded size, opened once.

Nothing here waits for a pipe, follows a link out of the allowed folders, or reads beyond a limit.
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
"""The most bytes read of a file of each name; each is several times the largest known."""
LIMIT: Final = 64 * MIB
"""The most bytes read of any other small file."""
COPY_LIMIT: Final = 256 * MIB
"""The most bytes of a file that is copied next to the weights."""

POINTER: Final = b"version https://git-lfs.github.com/spec/"

Within = Collection[Path] | None
"""Folders, without links in their paths, that a file must be in after links are followed."""


@dataclass(frozen=True)
class FileStamp:
    """The facts that show that a file is still the one that was read before.

    A program that rewrites a file can restore `mtime_ns`, but not the time of the change itself.
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
    """Open a regular file and return a descriptor at its start.

    Raises:
        SourceError: the file does not exist, or it is outside `within`.
        CheckpointError: it is not a regular file, cannot be read, or is a Git LFS pointer.
    """
    with _readable(path):
        # Opened with O_PATH first, which neither waits for a pipe nor wakes a device.
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
    """Like `open_regular`, as a context manager that closes the file."""
    descriptor = open_regular(path, within)
    try:
        with _readable(path):
            yield descriptor
    finally:
        os.close(descriptor)


def read_small(path: Path, limit: int | None = None, within: Within = None) -> bytes:
    """The content of a file of at most `limit` bytes (default: the limit for its name).

    Raises what `open_regular` raises, and CheckpointError if the file is larger.
    """
    most = largest(path.name) if limit is None else limit
    with opened(path, within) as descriptor:
        found = os.fstat(descriptor).st_size
        content = read_all(descriptor, most + 1) if found <= most else b""
    _check_size(path, max(found, len(content)), most)
    return content


def largest(name: str) -> int:
    """The most bytes read of a small file of this name."""
    return LIMITS.get(name, LIMIT)


def stamp_of(path: Path, within: Within = None) -> FileStamp:
    """The stamp of a file that will be copied.

    Raises what `open_regular` raises, and CheckpointError if it is larger than COPY_LIMIT.
    """
    with opened(path, within) as descriptor:
        stamp = FileStamp.of(descriptor)
    _check_size(path, stamp.size, COPY_LIMIT)
    return stamp


def read_all(descriptor: int, size: int) -> bytes:
    """Read `size` bytes from the current place of an open file, or fewer if it ends before."""
    parts = []
    while size and (part := os.read(descriptor, min(size, MIB))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _check_size(path: Path, size: int, most: int) -> None:
    if size > most:
        raise CheckpointError(
            f"{path} has {size} bytes; the limit for a file of this kind is {most}"
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
            f"{path} is a Git LFS pointer, not the file itself: run `git lfs pull` in {path.parent}"
        )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """While a file is read, turn the system's errors into messages that name the file."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError | ValueError) -> EngineError:
    """Return the error for a path that the system cannot open or read."""
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOENT, errno.ENOTDIR) and os.path.islink(path):
        return SourceError(f"{path} is a broken link: its target does not exist")
    if code in (errno.ENOENT, errno.ENOTDIR):
        return SourceError(f"{path.parent} has no {path.name}")
    if code == errno.ELOOP:
        return CheckpointError(f"{path} is a link that leads back to itself")
    if code == errno.ENAMETOOLONG:
        return CheckpointError(f"the name {path} is longer than a file's name can be")
    if code in (errno.EMFILE, errno.ENFILE):
        return TooManyFilesError(
            f"{path} cannot be opened: too many files are open; "
            "merge fewer models at a time, or raise the limit (ulimit -n)"
        )
    why = error.strerror if isinstance(error, OSError) else "a file cannot have this name"
    return CheckpointError(f"{path} cannot be read: {why}")
