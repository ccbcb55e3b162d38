"""Scratch folders on small disks of their own, which can be filled up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

SIZE = "16m"


@contextmanager
def small_disks(folders: list[Path]) -> Iterator[bool]:
    """A small file system at each folder while the block lasts; False where none can be mounted."""
    for folder in folders:
        folder.mkdir(parents=True)
    with ExitStack() as stack:
        mounted = all(_mount(folder, stack) for folder in folders)
        yield mounted


def _mount(folder: Path, stack: ExitStack) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        return False
    if done.returncode == 0:
        stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
    return done.returncode == 0


def fill_up(folder: Path) -> Path:
    """Leave no byte free on the disk of `folder`; removing what is returned frees it again."""
    ballast = folder / "ballast"
    status = os.statvfs(folder)
    with suppress(OSError), ballast.open("wb", buffering=0) as file:  # others write meanwhile
        file.write(bytes(status.f_bavail * status.f_frsize))
    return ballast
