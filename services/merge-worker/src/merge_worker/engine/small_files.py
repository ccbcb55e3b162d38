"""Reading the small files that lie beside the weights of a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from .errors import CheckpointError, InputChangedError

MIB: Final = 1 << 20
LARGEST: Final = 64 * MIB
"""Bytes of a file beside the weights at most."""
LARGEST_OF: Final = {"tokenizer.json": 128 * MIB}


def largest(name: str) -> int:
    """How large a file of that name may be."""
    return LARGEST_OF.get(name, LARGEST)


def read_bytes(path: Path) -> bytes:
    """The content of a small file.

    Raises:
        InputChangedError: it cannot be read any more.
        CheckpointError: it is too large.
    """
    try:
        with path.open("rb") as file:
            content = file.read(largest(path.name) + 1)
    except OSError as error:
        raise InputChangedError(f"{path} cannot be read any more: {error.strerror}") from None
    if len(content) > largest(path.name):
        raise CheckpointError(
            f"{path} is larger than the {largest(path.name)} bytes that it may be"
        )
    return content


def read_value(path: Path) -> Any:
    """The JSON value of a small file; raises CheckpointError if it is none."""
    try:
        return json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from None
