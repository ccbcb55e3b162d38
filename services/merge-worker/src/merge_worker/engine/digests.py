"""SHA-256 of tensors, of files, and of a whole output.

A tensor's digest is taken of the JSON list [name, dtype, shape] in ASCII without spaces, a newline,
and the tensor's bytes. The output digest is taken of the tensors' digests in hexadecimal, sorted by
tensor name and each followed by a newline. It does not depend on how tensors are cut into files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .checkpoint import weight_regions
from .header import Region

if TYPE_CHECKING:
    from hashlib import _Hash

CHUNK = 1 << 20


def tensor_hash(name: str, region: Region) -> _Hash:
    """A hash that has taken in a tensor's name, type and shape and waits for its bytes."""
    head = json.dumps([name, region.dtype, list(region.shape)], separators=(",", ":"))
    return hashlib.sha256(head.encode() + b"\n")


def output_digest(digests: Mapping[str, str]) -> str:
    """The digest of an output from those of its tensors (name to hexadecimal)."""
    lines = "".join(f"{digests[name]}\n" for name in sorted(digests))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def digest_of_folder(folder: Path) -> str:
    """The output digest of a model on disk, read and hashed anew.

    Raises:
        EngineError: no sound safetensors model is there.
    """
    return output_digest(tensor_digests(folder))


def tensor_digests(folder: Path) -> dict[str, str]:
    """The digest of each tensor of a model on disk, by name; raises the same."""
    return {n: _tensor_digest(folder, n, r) for n, r in weight_regions(folder).items()}


def _tensor_digest(folder: Path, name: str, region: Region) -> str:
    found = tensor_hash(name, region)
    with (folder / region.file).open("rb") as file:
        file.seek(region.offset)
        left = region.nbytes
        while left:
            chunk = file.read(min(left, CHUNK))
            found.update(chunk)
            left -= len(chunk)
    return found.hexdigest()


def file_digest(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
