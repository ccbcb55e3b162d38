"""The GPUs of this machine, as NVIDIA's driver lists them, and which of them a program may use."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from mergehub.contracts.hardware import Gpu, Hardware

ASK_SECONDS = 30
MEBIBYTE = 1 << 20
COLUMNS = "uuid,name,memory.total,driver_version"
LARGE = 80_000_000_000
"""Bytes of memory from which on a GPU serves the class `gpu:80gb`."""


class UnknownGpu(Exception):
    """A setting names a GPU that is not there; the message lists those that are."""


def installed() -> list[Gpu]:
    """The GPUs in the driver's order, as in `nvidia-smi -L`; none without a driver that works."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, f"--query-gpu={COLUMNS}", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(query, capture_output=True, check=True, timeout=ASK_SECONDS).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return list(_parsed(told.decode(errors="replace")))


def visible(gpus: Sequence[Gpu], value: str | None) -> list[Gpu]:
    """Those that a value of CUDA_VISIBLE_DEVICES leaves, in its order; all if it is not set.

    As in CUDA, it lists numbers or UUIDs (or their beginnings), and ends at the first that is not
    there. Numbers are the driver's.
    """
    if value is None:
        return list(gpus)
    found: list[Gpu] = []
    for name in value.split(","):
        gpu = _find(gpus, name.strip())
        if gpu is None:
            break
        found.append(gpu)
    return found


def chosen(gpus: Sequence[Gpu], name: str, among: Sequence[Gpu]) -> Gpu:
    """The GPU of this number or UUID, which must be `among` the visible ones.

    Raises:
        UnknownGpu: it is not one of them.
    """
    gpu = _find(gpus, name)
    if gpu is None or gpu not in among:
        there = ", ".join(f"{gpus.index(each)} ({each.uuid}, {each.name})" for each in among)
        raise UnknownGpu(f"there is no GPU {name!r}; the GPUs are: {there or 'none'}")
    return gpu


def visible_here() -> list[Gpu]:
    """The GPUs of this machine that CUDA_VISIBLE_DEVICES leaves to this process."""
    return visible(installed(), os.environ.get("CUDA_VISIBLE_DEVICES"))


def class_of(gpu: Gpu) -> Hardware:
    """The largest hardware class that it serves."""
    return "gpu:80gb" if (gpu.memory or 0) >= LARGE else "gpu"


def _parsed(table: str) -> Iterator[Gpu]:
    for row in csv.reader(table.splitlines(), skipinitialspace=True):
        if len(row) != len(COLUMNS.split(",")):
            continue  # a warning of the driver
        uuid, name, memory, driver = (each.strip() for each in row)
        size = int(memory) * MEBIBYTE if memory.isdecimal() else None  # else "[N/A]"
        yield Gpu(uuid=uuid, name=name, memory=size, driver=driver)


def _find(gpus: Sequence[Gpu], name: str) -> Gpu | None:
    if name.isdecimal():
        return gpus[int(name)] if int(name) < len(gpus) else None
    matches = [gpu for gpu in gpus if name and gpu.uuid.startswith(name)]
    return matches[0] if len(matches) == 1 else None
