"""Keeps what is costly to make and always the same, for every process of the tests."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

CACHE = Path(__file__).parents[1] / ".cache"


def made_once(kind: str, sources: list[Path], make: Callable[[Path], None]) -> Path:
    """The folder that `make` filled; it is made anew when one of `sources` changes."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    folder = CACHE / kind / digest[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            fresh = folder.with_name(f"{folder.name}.new")  # one that was cut short is never used
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            make(fresh)
            fresh.rename(folder)
    return folder
