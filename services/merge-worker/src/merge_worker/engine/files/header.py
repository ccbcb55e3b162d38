"""Reading and writing the header of a safetensors file, strictly.

A file consists of the header's length (uint64, little endian), the header (JSON), and the tensors'
bytes without gaps. A file that differs from this in a single byte is refused.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from merge_worker.engine.errors import CheckpointError

from .dtypes import ITEMSIZE
from .reading import Within, opened, read_all
from .strict_json import parse_json

MAX_HEADER: Final = 32 << 20
"""The most bytes of a header: enough for 300,000 tensors of 100 bytes each."""
MAX_NAME: Final = 500
"""The most characters of a tensor's name."""
MAX_DIMENSIONS: Final = 16
_PICKLED: Final = "pickled by PyTorch; convert it to safetensors (transformers: save_pretrained)"
OTHER_FORMATS: Final = {
    b"GGUF": "a GGUF file under another name; give the model that it was made from",
    b"PK\x03\x04": _PICKLED,
    b"\x80\x02\x8a\x0a": _PICKLED,
    b"<!DOCTYP": "a web page; download the model again, after signing in if necessary",
    b"<html": "a web page; download the model again, after signing in if necessary",
}
"""The first bytes of other kinds of file, and what to say if one is found in place of weights. Read
as the length of a header, each is beyond MAX_HEADER."""
_LARGEST: Final = 1 << 63


@dataclass(frozen=True)
class Region:
    """One stored tensor: the place of its bytes in a file, their type and shape."""

    file: str
    offset: int
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Number of bytes."""
        return self.size * ITEMSIZE[self.dtype]


def read_header(path: Path, within: Within = None) -> dict[str, Region]:
    """The tensors of a safetensors file, by name.

    Raises:
        SourceError: the file does not exist, or it is outside `within`.
        CheckpointError: the file is not a safetensors file, is cut short, or its header contradicts
          itself.
    """
    with opened(path, within) as descriptor:
        return header_of(path, descriptor)


def header_of(path: Path, descriptor: int) -> dict[str, Region]:
    """The same for a file that has just been opened; `path` is used in messages."""
    total = os.fstat(descriptor).st_size
    begin = read_all(descriptor, 8)
    for mark, what in OTHER_FORMATS.items():
        if begin.startswith(mark):
            raise _fault(path, f"it is {what}")
    length = int.from_bytes(begin, "little")
    if total < 8 or length > total - 8:
        raise _fault(path, f"its header claims {length} bytes; the file has {total}")
    if length > MAX_HEADER:
        raise _fault(path, f"its header has {length} bytes; the limit is {MAX_HEADER}")
    entries = _parse(path, read_all(descriptor, length))
    entries.pop("__metadata__", None)
    start = 8 + length
    regions = {name: _region(path, name, entry, start) for name, entry in entries.items()}
    _check_contiguous(path, regions, start, total)
    return regions


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    try:
        entries = parse_json(text, _unique)
    except ValueError as error:
        raise _fault(path, f"its header is not JSON ({error})") from None
    if not isinstance(entries, dict):
        raise _fault(path, "its header is not a JSON object")
    return entries


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise ValueError("a name appears twice")
    return entries


def _region(path: Path, name: str, entry: Any, start: int) -> Region:
    if not name.isprintable() or len(name) > MAX_NAME:
        raise _fault(
            path,
            f"the name {name[:MAX_NAME]!r} of a tensor is longer than {MAX_NAME} characters "
            "or contains characters that cannot be printed",
        )
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(a), int(b)]}:
            if dtype not in ITEMSIZE:
                known = ", ".join(ITEMSIZE)
                raise _fault(path, f"tensor {name!r} has the type {dtype!r}; the types are {known}")
            if len(shape) > MAX_DIMENSIONS:
                raise _fault(path, f"tensor {name!r} has {len(shape)} dimensions")
            if not all(map(_is_count, shape)):
                raise _fault(path, f"tensor {name!r} has the shape {shape}")
            region = Region(path.name, start + a, dtype, tuple(shape))
            if not (_is_count(a) and _is_count(b)) or b - a != region.nbytes:
                wanted = f"{dtype} {shape} takes {region.nbytes} bytes"
                raise _fault(path, f"tensor {name!r} is at bytes {a} to {b}, but {wanted}")
            return region
    raise _fault(path, f"the entry of tensor {name!r} lacks dtype, shape or data_offsets")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < _LARGEST


def _check_contiguous(path: Path, regions: Mapping[str, Region], start: int, total: int) -> None:
    end = start
    for name, region in sorted(regions.items(), key=lambda item: (item[1].offset, item[1].nbytes)):
        if region.offset != end:
            what = "overlaps the one before it" if region.offset < end else "leaves a gap before it"
            raise _fault(path, f"tensor {name!r} {what}")
        end += region.nbytes
    if end != total:
        raise _fault(path, f"its tensors end at byte {end}, but the file ends at byte {total}")


def _fault(path: Path, problem: str) -> CheckpointError:
    return CheckpointError(f"{path} is not a valid safetensors file: {problem}")


def write_header(tensors: Iterable[tuple[str, str, tuple[int, ...]]]) -> tuple[bytes, list[int]]:
    """The header for tensors (name, dtype, shape) in this order, and each one's file offset."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    ends, end = [], 0
    for name, dtype, shape in tensors:
        ends.append(end)
        size = math.prod(shape) * ITEMSIZE[dtype]
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    header = len(text).to_bytes(8, "little") + text
    return header, [len(header) + each for each in ends]
