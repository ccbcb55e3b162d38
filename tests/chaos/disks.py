"""Scratch folders on small disks, which can be filled up."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

SIZE = "16m,nr_inodes=500"
BLOCK = bytes(1 << 16)


@contextmanager
def small_disks(folders: list[Path], size: str = SIZE) -> Iterator[bool]:
    """A small file system at each folder while the block lasts; False if none can be mounted."""
    for folder in folders:
        folder.mkdir(parents=True)
    with ExitStack() as stack:
        mounted = all(_mount(folder, size, stack) for folder in folders)
        yield mounted


def _mount(folder: Path, size: str, stack: ExitStack) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        return False
    if done.returncode == 0:
        stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
    return done.returncode == 0


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Leave no free byte and no free inode on the disk of `folder` while the block lasts."""
    ballast = folder / "ballast"
    ballast.mkdir()
    try:
        with suppress(OSError), (ballast / "bytes").open("wb", buffering=0) as file:
            while True:
                file.write(BLOCK)
        with suppress(OSError):
            for number in itertools.count():
                (ballast / str(number)).touch()
        yield
    finally:
        shutil.rmtree(ballast)
