"""The files that a build may copy: those of the repository that .dockerignore leaves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def context(root: Path) -> set[str]:
    """The paths of files and folders in `root`, relative to it, that a build may copy."""
    from docker.utils.build import PatternMatcher  # takes as long to import as the rest together

    lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line.strip() and not line.startswith("#")]
    return set(PatternMatcher(patterns).walk(str(root))) - {".dockerignore"}


def copy(
    source: Path, words: Iterable[str], destination: str, into: Path, allowed: set[str] | None
) -> None:
    """Carry out COPY: files keep their names in a folder, folders give what they contain.

    `allowed` lists the paths that may be copied, or is None for all. Raises FileNotFoundError if a
    word names none of them.
    """
    names = list(words)
    target = into / destination.lstrip("/")
    for name in names:
        path = source / name.lstrip("/")
        if allowed is not None and os.path.normpath(name) not in allowed:
            raise FileNotFoundError(f"COPY {name}: not in the build context (.dockerignore)")
        if path.is_dir():
            _copy_folder(path, target, source, allowed)
        else:
            to_folder = destination.endswith(("/", ".")) or len(names) > 1 or target.is_dir()
            _copy_file(path, target / path.name if to_folder else target)


def _copy_folder(folder: Path, target: Path, source: Path, allowed: set[str] | None) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        if allowed is not None and str(path.relative_to(source)) not in allowed:
            continue
        if path.is_dir() and not path.is_symlink():
            _copy_folder(path, target / path.name, source, allowed)
            shutil.copystat(path, target / path.name)
        else:
            _copy_file(path, target / path.name)


def _copy_file(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)  # a link is replaced, too, rather than what it leads to
    shutil.copy2(path, target, follow_symlinks=False)
