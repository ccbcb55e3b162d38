"""The GPUs of this machine, as NVIDIA's driver lists them, and which of them a program may use."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from mergehub.contracts.hardware import Gpu, Hardware

ASK_SECONDS = 30
MEBIBYTE = 1 << 20
COLUMNS = "uuid,name,memory.total,driver_version,mig.mode.current"
INSTANCE = re.compile(r"\s+MIG (?P<profile>\S+)\s+Device\s+\d+: \(UUID: (?P<uuid>MIG-[\w/-]+)\)")
"""A part of a GPU that is split, as `nvidia-smi -L` lists it below that GPU."""
LARGE = 80_000_000_000
"""Bytes of memory from which on a GPU serves the class `gpu:80gb`."""


class UnknownGpu(Exception):
    """A setting names a GPU that is not there; the message lists those that are."""


def installed() -> list[Gpu]:
    """The GPUs in the driver's order, as in `nvidia-smi -L`; none without a driver that works.

    In the place of a GPU that is split (MIG) are its parts, each a GPU for those who use it.
    """
    found = _parsed(_told(f"--query-gpu={COLUMNS}", "--format=csv,noheader,nounits"))
    listed = _told("-L") if any(split for _, split in found) else ""
    return [each for gpu, split in found for each in (_parts(gpu, listed) if split else [gpu])]


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


def _told(*arguments: str) -> str:
    """What the driver's program prints; nothing if it is not there or fails."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, check=True, timeout=ASK_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace")


def _parsed(table: str) -> list[tuple[Gpu, bool]]:
    """The GPUs, and whether each is split."""
    found = []
    for row in csv.reader(table.splitlines(), skipinitialspace=True):
        if len(row) != len(COLUMNS.split(",")):
            continue  # a warning of the driver
        uuid, name, memory, driver, split = (each.strip() for each in row)
        size = int(memory) * MEBIBYTE if memory.isdecimal() else None  # else "[N/A]"
        gpu = Gpu(uuid=uuid, name=name, memory=size, driver=driver)
        found.append((gpu, split == "Enabled"))
    return found


def _parts(gpu: Gpu, listed: str) -> Iterator[Gpu]:
    """The parts of a GPU that is split; the driver does not say how much memory each has."""
    inside = False
    for line in listed.splitlines():
        if line.startswith("GPU "):
            inside = f"(UUID: {gpu.uuid})" in line
        elif inside and (part := INSTANCE.match(line)):
            name = f"{gpu.name} MIG {part['profile']}"
            yield Gpu(uuid=part["uuid"], name=name, memory=None, driver=gpu.driver)


def _find(gpus: Sequence[Gpu], name: str) -> Gpu | None:
    if name.isdecimal():
        return gpus[int(name)] if int(name) < len(gpus) else None
    matches = [gpu for gpu in gpus if name and gpu.uuid.startswith(name)]
    return matches[0] if len(matches) == 1 else None
