"""SHA-256 digests of tensors, of files, and of a whole output.

A tensor's digest covers the JSON list [name, dtype, shape] in ASCII without spaces, a newline, and
the tensor's bytes. The output digest covers the tensors' digests in hexadecimal, sorted by tensor
name and each followed by a newline. It does not depend on how the tensors are divided into files.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from merge_worker.engine.errors import OutputError
from merge_worker.engine.files.header import Region
from mergehub.recipe.reproducing.outputs import output_digest

from .checkpoint import weight_regions

if TYPE_CHECKING:
    from hashlib import _Hash

CHUNK = 1 << 20


def tensor_hash(name: str, region: Region) -> _Hash:
    """A hash of a tensor's name, type and shape, to be updated with its bytes."""
    head = json.dumps([name, region.dtype, list(region.shape)], separators=(",", ":"))
    return hashlib.sha256(head.encode() + b"\n")


class RunningDigest:
    """The digest of a tensor whose blocks several threads write in any order.

    A block is hashed while it is still in the processor's cache, if the blocks before it are
    written, too. Only if one was missing at that moment, the block is read back from the file.
    """

    def __init__(self, descriptor: int, name: str, region: Region) -> None:
        """`descriptor` is the open file that the blocks are written to."""
        self._descriptor, self._name, self._region = descriptor, name, region
        self._hash = tensor_hash(name, region)
        self._done = 0
        self._written: dict[int, int] = {}
        self._taking = threading.Lock()

    def wrote(self, offset: int, data: memoryview) -> None:
        """Take in bytes that have been written, `offset` bytes into the tensor."""
        self._written[offset] = len(data)
        if not self._taking.acquire(blocking=False):
            return  # the thread that hashes now, or writes the next block, reads them back
        try:
            while size := self._written.pop(self._done, 0):
                if self._done == offset:
                    self._hash.update(data)
                    self._done += size
                else:
                    self._read_back(size)
        finally:
            self._taking.release()

    def hexdigest(self) -> str:
        """The digest after all is written, including what earlier attempts wrote."""
        self._read_back(self._region.nbytes - self._done)
        return self._hash.hexdigest()

    def _read_back(self, size: int) -> None:
        buffer = memoryview(bytearray(min(CHUNK, size)))
        end = self._done + size
        while self._done < end:
            part = buffer[: end - self._done]
            count = os.preadv(self._descriptor, [part], self._region.offset + self._done)
            if count == 0:
                raise OutputError(
                    f"tensor {self._name!r} is cut short: {self._done} of "
                    f"{self._region.nbytes} bytes"
                )
            self._hash.update(part[:count])
            self._done += count


def region_digest(descriptor: int, name: str, region: Region) -> str:
    """The hexadecimal digest of a tensor in an open file."""
    return RunningDigest(descriptor, name, region).hexdigest()


def tensor_is(path: Path, name: str, region: Region, digest: str) -> bool:
    """Whether a file holds a tensor with this digest."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return region_digest(descriptor, name, region) == digest
    finally:
        os.close(descriptor)


def digest_of_folder(folder: Path) -> str:
    """The output digest of a model on disk, read and hashed again.

    Raises:
        EngineError: there is no valid safetensors model.
    """
    return output_digest(tensor_digests(folder))


def tensor_digests(folder: Path) -> dict[str, str]:
    """The digest of each tensor of a model on disk, by name; raises the same."""
    return {n: _tensor_digest(folder, n, r) for n, r in weight_regions(folder).items()}


def _tensor_digest(folder: Path, name: str, region: Region) -> str:
    descriptor = os.open(folder / region.file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return region_digest(descriptor, name, region)
    finally:
        os.close(descriptor)


def file_digest(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
