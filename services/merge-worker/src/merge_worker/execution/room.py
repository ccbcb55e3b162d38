"""The resources of this machine for a run: memory, disk space, and GPU memory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from merge_worker.child.messages import partial_folder
from mergehub.contracts.hardware import Capacity, Gpu

GROUPS = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60  # version 1 of control groups writes a huge number for "no limit"


def capacity(
    artifacts: Path,
    run: UUID | None = None,
    gpu: Gpu | None = None,
    gpu_limit: int | None = None,
    reclaimable: int = 0,
) -> Capacity:
    """The resources that are free now; the space that `run` already uses counts as free for it.

    Of the memory of its `gpu`, a run may use `gpu_limit` bytes. `reclaimable` bytes on the disk are
    free as soon as a run needs them.
    """
    held = reclaimable + (_allocated(partial_folder(artifacts, run)) if run else 0)
    return Capacity(
        memory=_free_memory(),
        disk=shutil.disk_usage(_existing(artifacts)).free + held,
        gpu_memory=_usable(gpu, gpu_limit),
        gpu=gpu,
    )


def _usable(gpu: Gpu | None, limit: int | None) -> int | None:
    """Bytes of a GPU's memory that a run may use, if they are known."""
    if gpu is None:
        return None
    return min((int(each) for each in (gpu.memory, limit) if each is not None), default=None)


def _free_memory() -> int | None:
    """Bytes available without swapping, within the limits of the control group."""
    return min(_free_memories(), default=None)


def _free_memories() -> Iterator[int]:
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            yield int(value.split()[0]) * 1024
    for limit, usage in (
        (GROUPS / "memory.max", GROUPS / "memory.current"),
        (GROUPS / "memory/memory.limit_in_bytes", GROUPS / "memory/memory.usage_in_bytes"),
    ):
        try:
            bound = int(limit.read_text())
            if bound < UNLIMITED:
                yield max(0, bound - int(usage.read_text()))
        except (OSError, ValueError):  # no such group, or "max"
            continue


def _allocated(folder: Path) -> int:
    """How many bytes the files in `folder` take on disk, without holes."""
    if not folder.is_dir():
        return 0
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _existing(folder: Path) -> Path:
    """The folder, or the nearest folder above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())
