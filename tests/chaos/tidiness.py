"""Finished runs may leave only their models on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from merge_worker.engine.lockfile import CACHE
from mergehub.artifacts.folder_store import PARTIAL


def left_over(artifacts: Path, scratch: Sequence[Path]) -> list[str]:
    """The paths of unfinished work; the digests of input files are kept on purpose."""
    found = (artifacts / "runs").glob(f"*{PARTIAL}")
    return sorted(str(path) for path in [*found, *(p for each in scratch for p in _in(each))])


def _in(scratch: Path) -> Iterator[Path]:
    for path in scratch.iterdir():
        if path.name == "runs":
            yield from path.iterdir()
        elif path.name != CACHE:
            yield path
