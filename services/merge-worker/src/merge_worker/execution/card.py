"""Takes one GPU of this machine for one worker, so that two workers never share one by mistake.

A worker holds a lock on a file named for the GPU's UUID. The kernel releases it when the worker
ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mergehub.contracts.hardware import Gpu
from mergehub.gpus import UnknownGpu, chosen, installed, visible
from mergehub.kit.settings.service import WorkerSettings

OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
LONGEST_NOTE = 300  # bytes about the holder


class CannotTake(Exception):
    """No GPU can be taken; the message says why and what to do."""


@dataclass(frozen=True)
class Card:
    """A GPU that this process holds until it ends."""

    gpu: Gpu
    lock: int

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which CUDA sees this GPU only, as number 0."""
        return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": self.gpu.uuid}


def take_card(settings: WorkerSettings, name: str) -> Card | None:
    """Take the GPU that the settings name, or else the first free one.

    Returns:
        None for a worker of class `cpu`, or if the driver lists no GPU (then the check of the
        class says what is missing).

    Raises:
        CannotTake: the GPU does not exist, or other workers hold all that would do.
    """
    there = installed() if settings.hardware != "cpu" else []
    if not there and settings.gpu is None:
        return None
    candidates = _candidates(there, settings.gpu)
    for gpu in candidates:
        lock = _locked(settings.gpu_locks, gpu, f"{name} (process {os.getpid()})")
        if lock is not None:
            return Card(gpu, lock)
    held = "; ".join(
        f"{there.index(gpu)} ({gpu.name}) by {_holder(settings.gpu_locks, gpu)}"
        for gpu in candidates
    )
    raise CannotTake(
        f"Other workers hold every GPU that this worker may use: {held}. "
        "Start one worker for each GPU, or let MERGEHUB_GPU name another."
    )


def _candidates(there: Sequence[Gpu], name: str | None) -> list[Gpu]:
    limits = os.environ.get("CUDA_VISIBLE_DEVICES")
    among = visible(there, limits)
    if name is not None:
        try:
            return [chosen(there, name, among)]
        except UnknownGpu as error:
            raise CannotTake(f"MERGEHUB_GPU: {error}.") from None
    if not among:
        raise CannotTake(
            f"CUDA_VISIBLE_DEVICES is {limits!r}, which names no GPU of this machine: "
            "leave it unset, or name one as `nvidia-smi -L` does."
        )
    return among


def _locked(folder: Path, gpu: Gpu, holder: str) -> int | None:
    """Lock a GPU and return the descriptor that holds the lock, or None if another has it."""
    path = _path(folder, gpu)
    while True:
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.lstat()):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, holder.encode()[:LONGEST_NOTE], 0)
                return descriptor
        os.close(descriptor)  # the file was removed meanwhile: its lock protects nothing


def _open(path: Path) -> int:
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.parent.chmod(0o1777)  # workers of all users share it, as they share the GPUs
        with suppress(FileNotFoundError):
            return os.open(path, OPEN)
        with suppress(FileExistsError):  # another worker was first
            descriptor = os.open(path, OPEN | os.O_CREAT | os.O_EXCL)
            os.fchmod(descriptor, 0o666)
            return descriptor
        return os.open(path, OPEN)
    except OSError as error:
        raise CannotTake(
            f"The lock of a GPU cannot be opened ({path}: {error.strerror}): "
            "give this user write access there, or let MERGEHUB_GPU_LOCKS name another folder."
        ) from None


def _holder(folder: Path, gpu: Gpu) -> str:
    with suppress(OSError):
        text = _path(folder, gpu).read_bytes()[:LONGEST_NOTE].decode(errors="replace")
        if text.isprintable() and text:
            return text
    return "an unknown process"


def _path(folder: Path, gpu: Gpu) -> Path:
    return folder / f"{re.sub(r'[^A-Za-z0-9-]', '_', gpu.uuid)}.lock"
