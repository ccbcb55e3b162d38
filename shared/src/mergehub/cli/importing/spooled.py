"""Standard input as a file, which a reader may need to read twice."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def spooled(paths: tuple[Path, ...], name: str) -> Iterator[list[Path]]:
    """The paths; standard input, which is `-` among them, is a file of this name."""
    if Path("-") not in paths:
        yield list(paths)
        return
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder) / name
        with held.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield [held if path == Path("-") else path for path in paths]
