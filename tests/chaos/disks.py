"""Scratch folders on small disks of their own, which can be filled up."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

SIZE = "16m,nr_inodes=500"


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


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """No byte is free on the disk of `folder` while the block lasts, and no room for a name."""
    ballast = folder / "ballast"
    ballast.mkdir()
    status = os.statvfs(folder)
    try:
        with suppress(OSError), (ballast / "bytes").open("wb", buffering=0) as file:
            file.write(bytes(status.f_bavail * status.f_frsize))
        with suppress(OSError):
            for number in itertools.count():
                (ballast / str(number)).touch()
        yield
    finally:
        shutil.rmtree(ballast)
